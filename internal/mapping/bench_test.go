package mapping

import (
	"testing"
	"time"

	"github.com/crmsync/crmsync/internal/client"
)

// tenColumns is a product row with every common type.
func tenColumns() (columns, row []string) {
	return []string{"sku", "name", "price", "stock", "active", "released", "checked_at", "category", "tags", "cost"},
		[]string{"DRESS-001", "Sommerkleid, blau", "29.90", "150", "true", "2025-06-01", "2025-06-01 12:00:00", "Home & Living", "New;Sale", "12.50"}
}

func benchmarkCells(b *testing.B, schema *client.Object, locale string, columns, row []string) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		b.Fatal(err)
	}
	m := mustNew(b, Options{Object: "products", Match: "sku", Schema: schema, Columns: columns, Locale: locale, Location: berlin})
	if _, err := m.MapCells(row); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.MapCells(row); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMapCells(b *testing.B) {
	columns, row := tenColumns()
	b.Run("ten columns, no schema", func(b *testing.B) { benchmarkCells(b, nil, "", columns, row) })
	b.Run("ten columns, schema", func(b *testing.B) { benchmarkCells(b, products(), "", columns, row) })
	german := []string{"DRESS-001", "Sommerkleid, blau", "1.229,90", "1.150", "ja", "01.06.2025", "01.06.2025 12:00", "Home & Living", "New;Sale", "12,50 €"}
	b.Run("ten columns, schema, German", func(b *testing.B) { benchmarkCells(b, products(), "de", columns, german) })
	b.Run("seven columns, schema", func(b *testing.B) {
		benchmarkCells(b, products(), "", []string{"sku", "name", "price", "stock", "active", "released", "category"},
			[]string{"DRESS-001", "Summer dress", "29.90", "150", "true", "2025-06-01", "Books"})
	})
}

func BenchmarkMapObject(b *testing.B) {
	names, values := object(b, `{"sku":"DRESS-001","name":"Summer dress","price":29.90,"stock":150,"active":true,"released":"2025-06-01","category":{"id":1}}`)
	for _, bb := range []struct {
		name   string
		schema *client.Object
	}{{"no schema", nil}, {"schema", products()}} {
		b.Run(bb.name, func(b *testing.B) {
			m := mustNew(b, Options{Object: "products", Match: "sku", Schema: bb.schema})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.MapObject(names, values); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
