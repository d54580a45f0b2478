package source

import (
	"strings"
	"testing"
)

func TestOneObjectAroundTheRecordsIsToldFromARecord(t *testing.T) {
	tests := []struct {
		name, text, key string
	}{
		{"alone", `{"data":[{"sku":"A"}]}`, "data"},
		{"under any name, alone", `{"my products":[{"sku":"A"}]}`, "my products"},
		{"beside pages", `{"meta":{"page":1},"more":true,"items" : [ {"sku":"A"}]}`, "items"},
		{"cut off within the list", `{"rows":[{"sku":"A"},{"sk`, "rows"},
		{"over several lines", "{\n\"data\":[\n{\"sku\":\"A\"}\n]}\n", "data"},
		{"a record with a list", `{"sku":"A","companies":[{"id":"1"}]}`, ""},
		{"a record that begins with a list", `{"companies":[{"id":"1"}],"sku":"A"}`, ""},
		{"the first record of several", `{"companies":[{"id":"1"}]}` + "\n" + `{"sku":"A"}`, ""},
		{"the first page of several", `{"data":[{"id":"1"}]}` + "\n" + `{"data":[]}`, "data"},
		{"the first of several records with a list of their own", `{"id":"1","items":[{"sku":"a"}]}` + "\n" + `{"id":"2","items":[{"sku":"b"}]}`, ""},
		{"a list of texts", `{"data":["A","B"]}`, ""},
		{"an object below the key", `{"data":{"sku":"A"}}`, ""},
		{"a plain record", `{"sku":"A"}`, ""},
		{"an empty record", `{}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if key := wrapperKey([]byte(tt.text)); key != tt.key {
				t.Errorf("key %q, want %q", key, tt.key)
			}
		})
	}
}

func TestTheWayOutOfAWrapperQuotesWhatJqMustNotRead(t *testing.T) {
	err := refuseWrapped("p.json", false, []byte(`{"my data":[{"sku":"A"}]}`))
	if hint := err.(*InputError).Hint(); !strings.Contains(hint, `jq -c '."my data"[]' p.json >p.records.ndjson`) {
		t.Error(hint)
	}
}
