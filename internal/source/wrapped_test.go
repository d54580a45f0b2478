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
			if key, _ := wrapperKey([]byte(tt.text)); key != tt.key {
				t.Errorf("key %q, want %q", key, tt.key)
			}
		})
	}
}

func TestASingleRecordThatIsSaidToBeNDJSONMayHoldAList(t *testing.T) {
	for _, tt := range []struct {
		name, text     string
		ndjson, refuse bool
	}{
		{"a record, said", `{"sku":"A","items":[{"n":1}]}`, true, false},
		{"a record over a line, said", `{"items":[{"n":1}],"sku":"A"}` + "\n", true, false},
		{"a record, not said", `{"sku":"A","items":[{"n":1}]}`, false, true},
		{"nothing but a list, said", `{"items":[{"n":1}]}` + "\n", true, true},
		{"nothing but a list that goes on, said", `{"items":[{"n":1},{"n"`, true, true},
		{"pages of nothing but lists, said", `{"items":[{"n":1}]}` + "\n" + `{"items":[]}`, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := refuseWrapped("p", false, tt.ndjson, []byte(tt.text))
			if (err != nil) != tt.refuse {
				t.Fatalf("%v", err)
			}
			if err != nil && !tt.ndjson && !strings.Contains(err.(*InputError).Hint(), "; if it is one record: --format ndjson") {
				t.Error(err.(*InputError).Hint())
			}
		})
	}
}

func TestTheWayOutOfAWrapperQuotesWhatJqAndTheShellMustNotRead(t *testing.T) {
	for name, want := range map[string]string{
		"p.json":             `jq -c '."my data"[]' p.json >p.records.ndjson`,
		"dir/it's $(x).json": `jq -c '."my data"[]' 'dir/it'\''s $(x).json' >'it'\''s $(x).records.ndjson'`,
	} {
		err := refuseWrapped(name, false, false, []byte(`{"my data":[{"sku":"A"}]}`))
		if hint := err.(*InputError).Hint(); !strings.HasSuffix(hint, want) {
			t.Error(hint)
		}
	}
}
