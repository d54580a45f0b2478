package source

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadCSV(t *testing.T) {
	for _, tt := range []struct {
		name, content string
		want          []string
	}{
		{"a plain file", "sku,name\nA,Lamp\nB,Desk\n", []string{`2: "A" "Lamp"`, `3: "B" "Desk"`}},
		{"a missing last newline", "sku,name\nA,Lamp", []string{`2: "A" "Lamp"`}},
		{"CRLF", "sku,name\r\nA,Lamp\r\nB,Desk\r\n", []string{`2: "A" "Lamp"`, `3: "B" "Desk"`}},
		{"lone CR", "sku,name\rA,Lamp\rB,Desk\r", []string{`2: "A" "Lamp"`, `3: "B" "Desk"`}},
		{"lone CR without a last one", "sku,name\rA,Lamp\rB,\"De\rsk\"", []string{`2: "A" "Lamp"`, `3: "B" "De\rsk"`}},
		{"mixed line ends", "sku,name\nA,Lamp\r\nB,Desk\rC,Sofa\n", []string{`2: "A" "Lamp"`, `3: "B" "Desk"`, `4: "C" "Sofa"`}},
		{
			"a carriage return inside an unquoted cell is not taken for a record's end",
			"sku,name,price\nA,big\rLamp,5\nB,Desk,6\n",
			[]string{`2: BAD column "name": a carriage return stands in the middle of the line, outside quotes RAW "A,big\rLamp,5"`, `3: "B" "Desk" "6"`},
		},
		{"line ends inside quotes are data", "sku,name\nA,\"a\nb\"\nB,\"a\r\nb\"\nC,\"a\rb\"\nD,x\n",
			[]string{`2: "A" "a\nb"`, `4: "B" "a\r\nb"`, `6: "C" "a\rb"`, `7: "D" "x"`}},
		{"doubled quotes", "sku,name\n\"A\",\"5\"\" pipe\"\nB,\"\"\"\"\nC,\"\"\n", []string{`2: "A" "5\" pipe"`, `3: "B" "\""`, `4: "C" ""`}},
		{"blank lines are no records, but count", "\n\nsku,name\n\nA,Lamp\n\r\n\nB,Desk\n\n", []string{`5: "A" "Lamp"`, `8: "B" "Desk"`}},
		{"a blank line in a file of one column is no record", "sku\nA\n\nB\n\"\"\n", []string{`2: "A"`, `4: "B"`, `5: ""`}},
		{"too few cells", "sku,name,price\nA\nB,Desk\n\"\",,\n", []string{`2: "A" "" ""`, `3: "B" "Desk" ""`, `4: "" "" ""`}},
		{"a last line without a line end that has too few cells is a file cut off", "sku,name,price\nA\nB,Des",
			[]string{`2: "A" "" ""`, `3: BAD the file ends in the middle of this record, after 2 cells of 3, without a line end RAW "B,Des"`}},
		{"the same with quotes", "sku,name,price\n\"B\",\"Desk\"",
			[]string{`2: BAD the file ends in the middle of this record, after 2 cells of 3, without a line end RAW "\"B\",\"Desk\""`}},
		{"a whole last line without a line end", "sku,name,price\nA,Lamp,5\n\"B\",Desk,", []string{`2: "A" "Lamp" "5"`, `3: "B" "Desk" ""`}},
		{"rows of nothing but delimiters and blanks are no records, but count", "sku;name;price\n;;\nA\n ;\t;\r\n;;;;\r\nB;;\n;\"\";\n;;\n;", []string{`3: "A" "" ""`, `6: "B" "" ""`, `7: "" "" ""`}},
		{"a blank row in a file of one column is no record", "sku\nA\n  \nB\n", []string{`2: "A"`, `4: "B"`}},
		{"cells beyond the header that are empty", "sku,name\nA,Lamp,,\nB,Desk,\"\",\n", []string{`2: "A" "Lamp"`, `3: "B" "Desk"`}},
		{"cells beyond the header", "sku,name\nA,Lamp,x\nB,Desk\n",
			[]string{`2: BAD the record has 3 cells, but the header names 2 columns RAW "A,Lamp,x"`, `3: "B" "Desk"`}},
		{"header cells without a name at the end", "sku;name;;\nA;Lamp;;\nB;Desk\nC;Sofa;x;\n",
			[]string{`2: "A" "Lamp"`, `3: "B" "Desk"`, `4: BAD the record has 4 cells, but the header names 2 columns RAW "C;Sofa;x;"`}},
		{"cells with a NUL byte and with the other delimiters", "sku,name\nA,x\x00y;z|t\tu\n", []string{`2: "A" "x\x00y;z|t\tu"`}},
		{"blanks around cells are kept", "sku,name\n A , \"Lamp\n", []string{`2: BAD column "name": a quote stands inside a cell that doesn't begin with one RAW " A , \"Lamp"`}},
		{"an invalid character names column and byte", "sku,näme\nA,ok\nB,b\xFCß\nC,ök\n",
			[]string{`2: "A" "ok"`, `3: BAD column "näme", byte 2: the byte 0xFC is not valid UTF-8 RAW "B,b` + "\uFFFD" + `ß"`, `4: "C" "ök"`}},
		{"header only", "sku,name\n", []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := opened(t, "products.csv", tt.content, Options{})
			if diff := cmp.Diff(tt.want, shown(all(t, r))); diff != "" {
				t.Errorf("from a file (-want +got):\n%s", diff)
			}
			r = piped(t, tt.content, Options{Format: CSV})
			if diff := cmp.Diff(tt.want, shown(all(t, r))); diff != "" {
				t.Errorf("from stdin (-want +got):\n%s", diff)
			}
		})
	}
}

func TestADamagedRecordCostsItself(t *testing.T) {
	const (
		stray   = `a quote stands inside a cell that doesn't begin with one`
		after   = `text follows the closing quote`
		notshut = `the quote that opens the cell is not closed`
	)
	for _, tt := range []struct {
		name, content string
		want          []string
	}{
		{"a stray quote", "sku,name,n\nA,5\" pipe,1\nB,Desk,2\n",
			[]string{`2: BAD column "name": ` + stray + ` RAW "A,5\" pipe,1"`, `3: "B" "Desk" "2"`}},
		{"text after a closing quote", "sku,name,n\nA,\"a\"b,1\nB,Desk,2\n",
			[]string{`2: BAD column "name": ` + after + `; reading went on with line 3 RAW "A,\"a\"b,1"`, `3: "B" "Desk" "2"`}},
		{"text after a closing quote among quoted records", "\"sku\",\"name\"\n\"A\",\"5\" pipe\"\n\"B\",\"x\"\n\"C\",\"y\"\n",
			[]string{`2: BAD column "name": ` + after + ` RAW "\"A\",\"5\" pipe\""`, `3: "B" "x"`, `4: "C" "y"`}},
		{"a quote that nothing closes", "sku,name,n\nA,\"Lamp,1\nB,Desk,2\nC,Sofa,3\n",
			[]string{`2: BAD column "name": ` + notshut + `; reading went on with line 3 RAW "A,\"Lamp,1"`, `3: "B" "Desk" "2"`, `4: "C" "Sofa" "3"`}},
		{"a quote that a later record's quote closes", "sku,name,n\nA,\"Lamp,1\nB,Desk,2\nC,\"Sofa\",3\n",
			[]string{`2: BAD column "name": ` + notshut + `; reading went on with line 3 RAW "A,\"Lamp,1"`, `3: "B" "Desk" "2"`, `4: "C" "Sofa" "3"`}},
		{"a missing closing quote where all is quoted", "\"sku\",\"name\"\n\"A\",\"Lamp\n\"B\",\"Desk\"\n\"C\",\"Sofa\"\n",
			[]string{`2: BAD column "name": ` + notshut + `; reading went on with line 3 RAW "\"A\",\"Lamp"`, `3: "B" "Desk"`, `4: "C" "Sofa"`}},
		{"damaged records in a row", "sku,name,n\nA,\"a\"b,1\nB,\"Desk,2\nC,5\" x,3\nD,Rug,4\n",
			[]string{
				`2: BAD column "name": ` + after + `; reading went on with line 3 RAW "A,\"a\"b,1"`,
				`3: BAD column "name": ` + notshut + `; reading went on with line 4 RAW "B,\"Desk,2"`,
				`4: BAD column "name": ` + stray + ` RAW "C,5\" x,3"`,
				`5: "D" "Rug" "4"`,
			}},
		{"a quote too many inside a text of several lines is no new record", "sku,name,n\nA,\"first\nk,v,w\nhas 5\" pipe\nand ends\",1\nB,Desk,2\n",
			[]string{
				`2: BAD column "name": ` + after + `; 4 lines were taken as this one record RAW "A,\"first\nk,v,w\nhas 5\" pipe\nand ends\",1"`,
				`6: "B" "Desk" "2"`,
			}},
		{"the end of a file that was cut off inside a text is no record", "sku,name,n\nA,Lamp,1\nB,\"a long text\nof two lines, with a com",
			[]string{`2: "A" "Lamp" "1"`, `3: BAD column "name": ` + notshut +
				`; the 2 lines up to the end of the input were taken as this one record RAW "B,\"a long text\nof two lines, with a com"`}},
		{"a last line with an open quote", "sku,name,n\nA,Lamp,1\nB,\"Desk,2\n",
			[]string{`2: "A" "Lamp" "1"`, `3: BAD column "name": ` + notshut + ` RAW "B,\"Desk,2"`}},
		{"an open quote in a file of one column", "sku\n\"A\nB\nC\n",
			[]string{`2: BAD column "sku": ` + notshut + `; reading went on with line 3 RAW "\"A"`, `3: "B"`, `4: "C"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := opened(t, "products.csv", tt.content, Options{Delimiter: ','})
			if diff := cmp.Diff(tt.want, shown(all(t, r))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
