package lookup
import ("testing";"os";"strings";"github.com/crmsync/crmsync/internal/client")
func TestZZ(t *testing.T) {
	c, _ := client.New(client.Options{Token: "t", Transport: endless(1000000)})
	l := New(Options{Client: c})
	if _, err := l.Find(companies(), "company-5000.example"); err != nil { t.Fatal(err) }
	s, _ := os.ReadFile("/proc/self/status")
	for _, x := range strings.Split(string(s), "\n") { if strings.HasPrefix(x, "VmHWM") { t.Log(x) } }
}
