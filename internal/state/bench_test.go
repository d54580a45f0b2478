package state

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// benchRecords is a catalogue of the size that the figures in the package
// comment are about.
const benchRecords = 1_000_000

func benchKey(i int) string { return fmt.Sprintf("SKU-%08d", i) } // 12 characters

func benchID(i int) string { return fmt.Sprintf("c1d2e3f4-a5b6-7890-cdef-%012x", i) }

func benchBody(dst []byte, i int) []byte {
	dst = append(dst[:0], `{"sku":"`...)
	dst = append(dst, benchKey(i)...)
	dst = append(dst, `","name":"Office chair, black","price":`...)
	dst = strconv.AppendInt(dst, int64(i%1000), 10)
	return append(dst, `.90,"stock":12,"brand":"Acme","category":"furniture","active":true}`...)
}

func benchStore(b *testing.B, n int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "state")
	s, err := Open(path, Scope{Object: "products", Match: "sku"}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	var h Hasher
	var body []byte
	for i := range n {
		key := benchKey(i)
		body = benchBody(body, i)
		fp := h.Sum("sku", key, body)
		if unchanged, _ := s.Check([]string{key}, fp); unchanged {
			b.Fatal("known")
		}
		if err := s.Settle([]string{key}, &Accepted{Fingerprint: fp, Match: key, ID: benchID(i), At: time.Unix(1e9, 0)}); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkUnchanged is a record that is found unchanged, fingerprint included.
func BenchmarkUnchanged(b *testing.B) {
	path := benchStore(b, benchRecords)
	st, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	s, err := Open(path, Scope{Object: "products", Match: "sku"}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var h Hasher
	var body []byte
	keys := make([]string, 1)
	names := make([]string, benchRecords)
	for i := range names {
		names[i] = benchKey(i)
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		keys[0] = names[i]
		body = benchBody(body, i)
		if unchanged, _ := s.Check(keys, h.Sum("sku", keys[0], body)); !unchanged {
			b.Fatal(keys[0], "is changed")
		}
		i = (i + 1) % benchRecords
	}
	b.ReportMetric(float64(st.Size())/benchRecords, "disk-B/record")
}

// BenchmarkFill is a first run: what a record costs the state, all merges
// included.
func BenchmarkFill(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		benchStore(b, benchRecords/4)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(benchRecords/4), "ns/record")
}

func BenchmarkOpen(b *testing.B) {
	path := benchStore(b, benchRecords)
	for b.Loop() {
		s, err := Open(path, Scope{Object: "products", Match: "sku"}, Options{})
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}

// BenchmarkBolt is the same lookup in a B+ tree, filled in the order of its keys
// and without the match value's text: the most favourable form.
func BenchmarkBolt(b *testing.B) {
	path := filepath.Join(b.TempDir(), "bolt")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	name := []byte("t")
	value := bytes.Repeat([]byte("v"), 12+4+16)
	for from := 0; from < benchRecords; from += 100_000 {
		if err := db.Update(func(tx *bbolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists(name)
			if err != nil {
				return err
			}
			bucket.FillPercent = 1
			for i := from; i < from+100_000; i++ {
				if err := bucket.Put([]byte(benchKey(i)), value); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	st, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	tx, err := db.Begin(false)
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	bucket, i := tx.Bucket(name), 0
	var h Hasher
	var body []byte
	b.ReportAllocs()
	for b.Loop() {
		key := benchKey(i)
		body = benchBody(body, i)
		h.Sum("sku", key, body)
		if bucket.Get([]byte(key)) == nil {
			b.Fatal("lost")
		}
		i = (i + 7919) % benchRecords
	}
	b.ReportMetric(float64(st.Size())/benchRecords, "disk-B/record")
}

// BenchmarkCSV is what reading such a record with encoding/csv costs, to compare.
func BenchmarkCSV(b *testing.B) {
	var text bytes.Buffer
	for i := range 10_000 {
		fmt.Fprintf(&text, "%s,\"Office chair, black\",%d.90,12,Acme,furniture,true\n", benchKey(i), i%1000)
	}
	r := csv.NewReader(bytes.NewReader(nil))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Read(); err == io.EOF {
			r = csv.NewReader(bytes.NewReader(text.Bytes()))
			r.ReuseRecord = true
		} else if err != nil {
			b.Fatal(err)
		}
	}
}
