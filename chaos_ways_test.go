package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/xuri/excelize/v2"
)

// chaosWay is how inputs are pushed.
type chaosWay string

const (
	chaosOnePush      chaosWay = "one push of all files"
	chaosJob          chaosWay = "a job with a push for each file"
	chaosOneShardEach chaosWay = "a process for each shard"
	chaosOneFileEach  chaosWay = "a process for each file"
)

// chaosForm is the format of an input.
type chaosForm string

const (
	chaosCSVForm  chaosForm = "csv"
	chaosNDForm   chaosForm = "ndjson"
	chaosList     chaosForm = "json" // of objects
	chaosWorkbook chaosForm = "xlsx"
)

// oneProcess says that the run is one process at a time.
func (p *chaosPlan) oneProcess() bool { return p.way == chaosOnePush || p.way == chaosJob }

// columns is how many a file of rows has.
func (p *chaosPlan) columns() int {
	if p.lookups {
		return len(chaosColumns)
	}
	return len(chaosColumns) - 1
}

func (p *chaosPlan) planWay(rng *rand.Rand) {
	p.way = oneOf(rng, chaosOnePush, chaosOnePush, chaosOnePush, chaosJob, chaosOneShardEach, chaosOneFileEach)
	if p.way == chaosOneShardEach {
		p.shards = 2 + rng.IntN(2)
	}
}

// planConnections chooses what lies below the requests.
func (p *chaosPlan) planConnections(rng *rand.Rand) {
	p.tls = chance(rng, 0.4) && runtime.GOOS == "linux" // where the program can be told to trust the server
	p.http2 = p.tls && chance(rng, 0.7)
	// Where a connection breaks, the server may still be at work on what came by it.
	if !p.patient && chance(rng, 0.4) {
		p.cut = 0.5 * rng.Float64()
	}
}

// planChange has the inputs change in the middle: some values, some faults mended,
// some records more. What the CRM holds in the end is what they say then, since each
// record that changes has every value, and each that was sound still is.
func (p *chaosPlan) planChange(rng *rand.Rand) {
	if !p.oneProcess() || !chance(rng, 0.2) {
		return
	}
	p.change = rng.IntN(4)
	for i := range p.inputs {
		in := &p.inputs[i]
		style := rng.Uint64()
		in.write(style, p.columns())
		p.first = append(p.first, in.content)

		from := rng.IntN(len(in.records) + 1)
		for n := range in.records {
			r := &in.records[n]
			if r.fault != chaosSound && chance(rng, 0.7) || n < from {
				continue
			}
			r.mend(1000*i + n)
			r.change(rng)
		}
		for range rng.IntN(3) {
			r := chaosRecord{sku: fmt.Sprintf("More-%d-%d", i, rng.IntN(5)), fault: chaosSound}
			r.change(rng)
			in.records = append(in.records, r)
			p.records++
		}
		in.write(style, p.columns())
	}
}

// chaosSide is one of the processes that push side by side, or the only one.
type chaosSide struct {
	command []string // and the flags that are this one's alone
	files   []string
	signals []chaosSignal
}

func (p *chaosPlan) sides() (sides []chaosSide) {
	var files []string
	for _, in := range p.inputs {
		files = append(files, in.name)
	}
	push := []string{"push", "--object", "products", "--match", "sku"}
	if p.lookups {
		push = append(push, "--mapping", chaosMapping)
	}
	switch p.way {
	case chaosOnePush:
		sides = []chaosSide{{push, files, nil}}
	case chaosJob:
		sides = []chaosSide{{[]string{"run", chaosJobFile}, nil, nil}}
	case chaosOneShardEach:
		for n := range p.shards {
			command := append(slices.Clone(push), "--shard", fmt.Sprintf("%d/%d", n+1, p.shards))
			sides = append(sides, chaosSide{command, files, nil})
		}
	case chaosOneFileEach:
		for n := range files {
			command := slices.Clone(push)
			if slices.Contains(p.calming, "--only-changed") {
				command = append(command, "--state", files[n]+".state")
			}
			sides = append(sides, chaosSide{command, files[n : n+1], nil})
		}
	}
	for n, signal := range p.signals {
		at := &sides[n%len(sides)]
		at.signals = append(at.signals, signal)
	}
	return sides
}

const (
	chaosMapping = "suppliers.yaml"
	chaosJobFile = "job.yaml"
	chaosLookup  = "columns:\n  firm: {to: supplier, lookup: {object: companies, match: domain, create: true}}\n"
)

// settings are the files beside the inputs.
func (p *chaosPlan) settings() map[string]string {
	files := make(map[string]string)
	if p.lookups {
		files[chaosMapping] = "object: products\n" + chaosLookup
	}
	if p.way == chaosJob {
		var b strings.Builder
		b.WriteString("pushes:\n")
		for i, in := range p.inputs {
			fmt.Fprintf(&b, "  - {name: part-%d, files: %s, object: products, match: sku", i+1, in.name)
			if p.lookups {
				b.WriteString(", mapping: " + chaosMapping)
			}
			b.WriteString("}\n")
		}
		files[chaosJobFile] = b.String()
	}
	return files
}

// change gives a record that is sound other values.
func (r *chaosRecord) change(rng *rand.Rand) {
	r.name, r.price = new("changed "+strconv.Itoa(rng.IntN(1000))), new(strconv.Itoa(1+rng.IntN(1e6)))
}

// mend makes a record sound that isn't; n tells it from others.
func (r *chaosRecord) mend(n int) {
	if r.fault == chaosSound {
		return
	}
	r.fault = chaosSound
	if r.sku == "" {
		r.sku = "Mended-" + strconv.Itoa(n)
	}
	if r.name != nil && len(*r.name) > 255 {
		r.name = new("mended " + strconv.Itoa(n))
	}
	if r.price != nil && strings.Trim(*r.price, "0123456789") != "" {
		r.price = new(strconv.Itoa(12 + n))
	}
}

// newChaosInput chooses the form of the i-th input.
func newChaosInput(rng *rand.Rand, i int) chaosInput {
	in := chaosInput{form: oneOf(rng, chaosCSVForm, chaosCSVForm, chaosCSVForm, chaosNDForm, chaosNDForm, chaosNDForm, chaosList, chaosWorkbook)}
	if in.form != chaosWorkbook {
		in.packed = oneOf(rng, "", "", "", "", "gz", "zst")
	}
	stem := "part-" + strconv.Itoa(i+1)
	in.name, in.rejects = stem+"."+string(in.form), stem+".rejects."+string(in.form)
	if in.form == chaosWorkbook {
		in.rejects = stem + ".rejects.csv"
	}
	if in.packed != "" {
		in.name += "." + in.packed
	}
	return in
}

// fit takes from a record what the input's form has no place for.
func (in *chaosInput) fit(r *chaosRecord) {
	said := func(v *string) bool { return v != nil && *v != "" }
	switch {
	case in.form == chaosList && r.fault == chaosUnread, in.form == chaosWorkbook && (r.fault == chaosUnread || r.fault == chaosUnknown):
		r.spoil(chaosTooLong)
	case in.form == chaosWorkbook && r.fault == chaosNoMatch && !said(r.name) && !said(r.price):
		r.spoil(chaosTooLong) // a row without a cell is none
		r.sku = ""
	}
}

// write makes the file of the records; the style decides what may be written in
// several ways.
func (in *chaosInput) write(style uint64, columns int) {
	rng := rand.New(rand.NewPCG(style, 0xf0e3))
	switch in.form {
	case chaosCSVForm:
		in.content, in.delimiter = chaosCSV(rng, in.records, columns)
	case chaosWorkbook:
		in.content, in.delimiter = chaosXLSX(in.records, columns), ","
	case chaosNDForm:
		in.content = chaosNDJSON(in.records)
	case chaosList:
		lines := strings.Split(strings.TrimSuffix(string(chaosNDJSON(in.records)), "\n"), "\n")
		in.content = []byte("[" + strings.Join(lines, oneOf(rng, ",\n", ",", " , ")) + "]\n")
	}
	var b bytes.Buffer
	switch in.packed { // a bytes.Buffer takes everything
	case "gz":
		z := gzip.NewWriter(&b)
		_, _ = z.Write(in.content)
		_ = z.Close()
		in.content = b.Bytes()
	case "zst":
		z, _ := zstd.NewWriter(&b)
		_, _ = z.Write(in.content)
		_ = z.Close()
		in.content = b.Bytes()
	}
}

// chaosXLSX writes records as rows of a workbook, with every cell as text.
func chaosXLSX(records []chaosRecord, columns int) []byte {
	f := excelize.NewFile()
	defer f.Close()
	write := func(row int, cells []string) {
		for i, cell := range cells {
			if cell != "" {
				at, _ := excelize.CoordinatesToCellName(i+1, row) // there is such a cell
				_ = f.SetCellStr("Sheet1", at, cell)
			}
		}
	}
	write(1, chaosColumns[:columns])
	for n, r := range records {
		write(n+2, r.cells()[:columns])
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		panic(err)
	}
	return b.Bytes()
}
