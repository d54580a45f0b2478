package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/crmsync/crmsync/internal/push"
)

func drySample() Summary {
	s := sample()
	s.DryRun, s.Again = true, ""
	s.Result = push.Result{Outcome: push.Rejects, Tally: push.Tally{Read: 1000000, NotSent: 999999, Rejected: 1},
		Reasons: []push.Reason{{Error: `column "price": "12 kg" is not a number`, Count: 1, FirstLine: 17}}}
	s.Dry = &DryRun{
		NoRejectFile: true,
		Inputs: []InputProfile{{
			Source: "products.csv",
			Columns: []Column{
				{From: []string{"Item No"}, Attribute: "sku", Type: "text", Match: true, Required: true, Filled: 1000000, Samples: []string{`"A-1"`, `"A-2"`}},
				{From: []string{"price"}, Attribute: "price", Type: "number", Filled: 999000, Blank: 999, Bad: 1, Samples: []string{"29.90"},
					BadValues: []BadValue{{"12 kg", 17, `"12 kg" is not a number`}}},
				{From: []string{"Notes"}},
				{Attribute: "source", Type: "text", Constant: "erp"},
			},
			NeverFilled: []string{"name"},
		}},
		Duplicates: Duplicates{Values: 7, Repeats: 8, First: []Duplicate{
			{"A-1", 3, []Place{{"products.csv", 2}, {"products.csv", 17}}},
			{"A\x1b-2", 2, []Place{{"products.csv", 0}, {"products.csv", 20}}},
		}},
	}
	return s
}

func TestTextOfADryRun(t *testing.T) {
	var b bytes.Buffer
	if err := Text(&b, drySample()); err != nil {
		t.Fatal(err)
	}
	want := `dry run of products.csv for products by sku: finished, some records rejected, in under 0.1s
    1000000 read
  =       0 created
  +       0 updated
  +       0 unchanged
  +       1 rejected
  +  999999 not sent  (dry run: these would be sent)

columns of products.csv:
  COLUMN         TYPE           FILLED  BLANK  BAD  SAMPLE
  Item No → sku  text (match)  1000000      0    0  "A-1", "A-2"
  price          number         999000    999    1  29.90
  Notes          (dropped)
  source         text                               constant erp
  first refused values:
    price: "12 kg" (line 17)
  required by the CRM, but never filled: name

7 match values come more than once, in 15 records: the last record wins
  "A-1": lines 2, 17 and 1 more
  "A-2": lines ?, 20
  and 5 more

why records would be rejected:
  1 × column "price": "12 kg" is not a number (first: line 17)
  (--rejects FILE writes them to a file, each with its reasons)
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("text of a dry run (-want +got):\n%s", diff)
	}
}

func TestTextOfOtherDryRuns(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*DryRun)
		want    []string
		without []string
	}{
		{"each of several inputs has its table, and duplicates name their input", func(d *DryRun) {
			d.Inputs = append(d.Inputs, InputProfile{Source: "b.csv"})
			d.Duplicates.First[0].At[1].Source = "b.csv"
		}, []string{"\ncolumns of products.csv:\n", "\ncolumns of b.csv:\n", `"A-1": products.csv line 2, b.csv line 17 and 1 more`}, nil},
		{"too many match values are said to be", func(d *DryRun) { d.Duplicates.Approximate = true },
			[]string{"\nat least 7 match values come more than once"}, nil},
		{"too many match values without a duplicate are said to be, too", func(d *DryRun) { d.Duplicates = Duplicates{Approximate: true} },
			[]string{"no match value was seen twice, but there are too many"}, nil},
		{"match values that differ in case alone are warned of", func(d *DryRun) {
			d.Duplicates = Duplicates{Respelt: 6, FirstRespelt: []Respelt{{"a-1", Place{"a.csv", 7}, Place{"a.csv", 2}}}}
		}, []string{"\nwarning: 6 match values differ from an earlier one in case, blanks or the like\nalone: the CRM may take them for one record\n  \"a-1\": lines 2, 7\n  and 5 more\n"}, []string{"more than once"}},
		{"nothing is said of duplicates where there are none", func(d *DryRun) { d.Duplicates = Duplicates{} },
			nil, []string{"more than once", "twice"}},
		{"nulls are counted where there are some", func(d *DryRun) { d.Inputs[0].Columns[1].Null = 5 },
			[]string{"FILLED  BLANK  NULL  BAD"}, nil},
		{"a blank that was refused has no value to show", func(d *DryRun) { d.Inputs[0].Columns[1].BadValues = []BadValue{{"", 3, "it is blank"}} },
			[]string{"price: blank or null (line 3)"}, nil},
		{"joined columns stand in one row", func(d *DryRun) { d.Inputs[0].Columns[1].From = []string{"whole", "cents"} },
			[]string{"  whole + cents → price  number"}, nil},
		{"a shard is told apart from the whole", func(d *DryRun) { d.OfAll = true }, []string{"those of other shards included"}, nil},
		{"no control character gets through", func(d *DryRun) {
			d.Inputs[0].Columns[1].Samples[0] = "\"\x1b[31m\""
			d.Inputs[0].Columns[1].BadValues[0].Value = "\x1b[31m\n"
			d.Inputs[0].Columns[0].From[0] = "Item\x1b\nNo"
		}, nil, []string{"\x1b"}},
		{"counts of any size are told", func(d *DryRun) {
			c := &d.Inputs[0].Columns[0]
			c.Type, c.Filled, c.Blank, c.Null, c.Bad = "multiselect", 1e18, 1e18, 1e18, 1e18
		}, []string{"1000000000000000000  1000000000000000000  1000000000000000000  1000000000000000000"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := drySample()
			test.change(s.Dry)
			checkText(t, s, test.want, test.without)
		})
	}
}

func TestTheTableFitsATerminalWhateverItHolds(t *testing.T) {
	text := rapid.StringN(0, 90, -1)
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.Int64Range(0, 1e9)
		in := InputProfile{Source: text.Draw(t, "source")}
		for range rapid.IntRange(0, 5).Draw(t, "columns") {
			in.Columns = append(in.Columns, Column{
				From: rapid.SliceOfN(text, 0, 2).Draw(t, "from"), Attribute: text.Draw(t, "attribute"), Type: text.Draw(t, "type"),
				Constant: text.Draw(t, "constant"), Match: rapid.Bool().Draw(t, "match"),
				Filled: count.Draw(t, "filled"), Blank: count.Draw(t, "blank"), Null: count.Draw(t, "null"), Bad: count.Draw(t, "bad"),
				Samples:   rapid.SliceOfN(text, 0, 3).Draw(t, "samples"),
				BadValues: []BadValue{{text.Draw(t, "bad value"), count.Draw(t, "line"), ""}},
			})
		}
		d := &DryRun{Inputs: []InputProfile{in}, Duplicates: Duplicates{Values: 1, Repeats: 1, First: []Duplicate{
			{text.Draw(t, "duplicate"), count.Draw(t, "records"), []Place{{in.Source, 1}, {in.Source, count.Draw(t, "place")}}},
		}}}
		var b bytes.Buffer
		width := rapid.IntRange(60, 200).Draw(t, "width")
		writeDryRun(&b, d, width)
		for line := range strings.Lines(Wrap(b.String(), width)) {
			line = strings.TrimSuffix(line, "\n")
			if displayWidth(line) > width {
				t.Fatalf("%d columns: %q", displayWidth(line), line)
			}
			if !utf8.ValidString(line) || Clean(line) != strings.TrimSpace(line) {
				t.Fatalf("not clean: %q", line)
			}
		}
	})
}

func TestIntoAPipeNothingIsCut(t *testing.T) {
	s, long := drySample(), strings.Repeat("very ", 20)+"long"
	s.Dry.Inputs[0].Columns[0].From[0], s.Dry.Inputs[0].Columns[1].Samples[0] = long+" name", long+" sample"
	s.Result.Reasons[0].Error = long + " reason"
	var b bytes.Buffer
	if err := Text(&b, s); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{long + " name", long + " sample", long + " reason"} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("no %q in:\n%s", part, b.String())
		}
	}
}

func TestADryRunTellsReasonsThatARunLeavesToTheRejectFile(t *testing.T) {
	s := drySample()
	s.Result.Reasons, s.Result.Rejected = nil, 60
	for i := range 20 {
		s.Result.Reasons = append(s.Result.Reasons, push.Reason{Error: "reason " + string(rune('a'+i)), Count: 2, FirstLine: 1})
	}
	var b bytes.Buffer
	if err := Text(&b, s); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"2 × reason a (", "2 × reason t (", "\n  20 × other reasons\n", "--rejects FILE writes them"} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("no %q in:\n%s", part, b.String())
		}
	}
}

func TestDisplayWidth(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "äö": 2, "a\u0308": 1, "日本": 4, "→": 1, "ﾊ": 1, "Ａ": 2, "\u200b": 0} {
		if got := displayWidth(text); got != want {
			t.Errorf("%q takes up %d columns, want %d", text, got, want)
		}
	}
}

func TestJSONOfADryRunHasKeysBesideTheContracts(t *testing.T) {
	var b, plain bytes.Buffer
	s := drySample()
	if err := JSON(&b, s); err != nil {
		t.Fatal(err)
	}
	s.Dry = nil
	if err := JSON(&plain, s); err != nil {
		t.Fatal(err)
	}
	contract := strings.TrimSuffix(plain.String(), "}\n")
	want := contract + `,"columns":[` +
		`{"source":"products.csv","from":["Item No"],"attribute":"sku","type":"text","match":true,"required":true,"filled":1000000,"blank":0,"null":0,"bad":0,"samples":["A-1","A-2"],"bad_values":[]},` +
		`{"source":"products.csv","from":["price"],"attribute":"price","type":"number","match":false,"required":false,"filled":999000,"blank":999,"null":0,"bad":1,"samples":[29.90],"bad_values":[{"value":"12 kg","line":17,"error":"\"12 kg\" is not a number"}]},` +
		`{"source":"products.csv","from":["Notes"],"attribute":"","type":"","match":false,"required":false,"filled":0,"blank":0,"null":0,"bad":0,"samples":[],"bad_values":[]},` +
		`{"source":"products.csv","from":[],"attribute":"source","type":"text","match":false,"required":false,"constant":"erp","filled":0,"blank":0,"null":0,"bad":0,"samples":[],"bad_values":[]}],` +
		`"duplicates":{"values":7,"repeats":8,"approximate":false,"first":[{"value":"A-1","records":3,"at":[{"source":"products.csv","line":2},{"source":"products.csv","line":17}]},` +
		`{"value":"A\u001b-2","records":2,"at":[{"source":"products.csv","line":0},{"source":"products.csv","line":20}]}],"respelt":{"values":0,"first":[]}},` +
		`"never_filled":[{"source":"products.csv","attribute":"name"}]}` + "\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("JSON of a dry run (-want +got):\n%s", diff)
	}
	if !json.Valid(b.Bytes()) {
		t.Errorf("not JSON: %s", b.String())
	}
}

func TestTextSaysThatRejectsOfAWorkbookAreCSV(t *testing.T) {
	s := sample()
	s.Workbooks = []string{"products.rejects.csv"}
	var b bytes.Buffer
	if err := Text(&b, s); err != nil {
		t.Fatal(err)
	}
	if want := "\nrejects of a workbook are written as CSV: products.rejects.csv\n"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in:\n%s", want, b.String())
	}
}
