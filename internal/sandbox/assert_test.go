package sandbox

import (
	"strings"
	"testing"
)

// The subtests are statements of the API page on assert, create, patch and
// delete, each shown to hold.
func TestTheAPIPageOnWriting(t *testing.T) {
	page := func(statement string, check func(t tester)) {
		t.Run(statement, func(t *testing.T) { check(newTester(t, Options{})) })
	}
	page("no match creates with 201, a match updates with 200", func(t tester) {
		created := t.assert(201, `{"sku":"A1","price":29}`)
		updated := t.assert(200, `{"sku":"A1","price":30}`)
		t.equal(created, "success", `true`)
		t.equal(created, "status", `201`)
		t.equal(updated, "status", `200`)
		t.equal(updated, "record.objectSlug", `"products"`)
		t.equal(updated, "record.attributes.price", `30`)
		if created.at("record.id") != updated.at("record.id") || t.crm.Count("products") != 1 {
			t.Error("the update made another record")
		}
	})
	page("the body must hold the matching attribute", func(t tester) {
		t.says(t.assert(400, `{"price":29}`), `"sku"`)
	})
	page("a match value of null or an empty text is answered with 400", func(t tester) {
		t.assert(400, `{"sku":null,"price":29}`)
		t.assert(400, `{"sku":"","price":29}`)
	})
	page("matchingAttribute is required", func(t tester) {
		t.says(t.want(400, "PUT", "/crm/products", `{"sku":"A1"}`), "matchingAttribute")
	})
	page("matching is exact equality", func(t tester) {
		t.assert(201, `{"sku":"A1"}`)
		t.assert(201, `{"sku":"a1"}`)
		t.assert(201, `{"sku":" A1"}`)
		t.assert(201, `{"sku":"Ä1"}`)
		t.assert(200, `{"sku":"\u00c41"}`)
	})
	page("equal numbers are equal however they are written", func(t tester) {
		byWeight := "/crm/products?matchingAttribute=weight"
		t.want(201, "PUT", byWeight, `{"weight":2.50}`)
		t.want(200, "PUT", byWeight, `{"weight":25e-1}`)
		t.want(201, "PUT", byWeight, `{"weight":-2.5}`)
		t.want(201, "PUT", byWeight, `{"weight":0.0}`)
		t.want(200, "PUT", byWeight, `{"weight":-0}`)
	})
	page("if several records share the value the first is used, and no other", func(t tester) {
		first := t.want(201, "POST", "/crm/products", `{"sku":"A1","name":"Twin"}`)
		t.want(201, "POST", "/crm/products", `{"sku":"A2","name":"Twin"}`)
		hit := t.want(200, "PUT", "/crm/products?matchingAttribute=name", `{"name":"Twin","price":1}`)
		if hit.at("record.id") != first.at("record.id") {
			t.Error("not the first record was updated")
		}
		if second := t.crm.Records("products")[1]; second.Text("price") != "" {
			t.Error("the second record was touched")
		}
	})
	page("an attribute that the body omits becomes null on create", func(t tester) {
		t.equal(t.assert(201, `{"sku":"A1"}`), "record.attributes.price", `null`)
		if a := t.assert(200, `{"sku":"A1"}`); !strings.Contains(a.text, `"price":null`) {
			t.Errorf("price isn't shown as null: %s", a.text)
		}
	})
	page("an attribute that the body omits is left unchanged on update", func(t tester) {
		t.assert(201, `{"sku":"A1","price":29,"name":"Dress"}`)
		a := t.assert(200, `{"sku":"A1","name":"Skirt"}`)
		t.equal(a, "record.attributes.price", `29`)
		t.equal(a, "record.attributes.name", `"Skirt"`)
	})
	page("an explicit null clears", func(t tester) {
		t.assert(201, `{"sku":"A1","price":29,"ean":"1"}`)
		t.equal(t.assert(200, `{"sku":"A1","price":null,"ean":null}`), "record.attributes.price", `null`)
		t.assert(201, `{"sku":"A2","ean":"1"}`)
	})
	page("another unique attribute's value that belongs to a different record is answered with 400", func(t tester) {
		t.assert(201, `{"sku":"A1","ean":"400"}`)
		t.says(t.assert(400, `{"sku":"A2","ean":"400"}`), `"ean"`)
		t.assert(201, `{"sku":"A3","ean":"401"}`)
		t.assert(400, `{"sku":"A3","ean":"400"}`)
		t.equal(t.assert(200, `{"sku":"A3"}`), "record.attributes.ean", `"401"`)
		if t.crm.Count("products") != 2 {
			t.Error("a refused assert stored something")
		}
	})
	page("asserting a record's own unique value again is fine", func(t tester) {
		t.assert(201, `{"sku":"A1","ean":"400"}`)
		t.assert(200, `{"sku":"A1","ean":"400"}`)
	})
	page("a unique value is free again when its record gave it up", func(t tester) {
		t.assert(201, `{"sku":"A1","ean":"400"}`)
		t.assert(200, `{"sku":"A1","ean":"500"}`)
		t.assert(201, `{"sku":"A2","ean":"400"}`)
		t.assert(400, `{"sku":"A2","ean":"500"}`)
	})
	page("asserting the same data again is an update without a duplicate", func(t tester) {
		for i, status := range []int{201, 200, 200} {
			a := t.assert(status, `{"sku":"A1","price":29}`)
			t.equal(a, "record.attributes.price", `29`)
			if t.crm.Count("products") != 1 {
				t.Fatalf("%d records after %d asserts", t.crm.Count("products"), i+1)
			}
		}
	})
	page("an object that does not exist is answered with 404", func(t tester) {
		t.want(404, "PUT", "/crm/unicorns?matchingAttribute=sku", `{"sku":"A1"}`)
	})
	page("an attribute to match by must exist, not be archived, and be comparable", func(t tester) {
		t.want(400, "PUT", "/crm/products?matchingAttribute=skuu", `{"skuu":"A1"}`)
		t.want(400, "PUT", "/crm/products?matchingAttribute=legacy_code", `{"legacy_code":"A1"}`)
		t.want(400, "PUT", "/crm/products?matchingAttribute=tags", `{"tags":[]}`)
		t.want(400, "PUT", "/crm/products?matchingAttribute=id", `{"id":"x"}`)
	})
	page("an unknown, an archived and a system attribute are refused", func(t tester) {
		t.says(t.assert(400, `{"sku":"A1","colour":"red"}`), `"colour"`)
		t.assert(400, `{"sku":"A1","legacy_code":"x"}`)
		t.assert(400, `{"sku":"A1","created_at":"2025-06-01T10:00:00+00:00"}`)
	})
	page("a malformed body is answered with 400", func(t tester) {
		for _, body := range []string{"", "{", "[]", `"x"`, "null", `{"sku":"A1"} x`, `{"sku":"A1","sku":"A2"}`, "{\"sku\":\"\xff\"}"} {
			t.assert(400, body)
		}
	})
	page("create never matches, and refuses a duplicate unique value", func(t tester) {
		t.want(201, "POST", "/crm/products", `{"sku":"A1","name":"Dress"}`)
		t.want(400, "POST", "/crm/products", `{"sku":"A1"}`)
		t.want(201, "POST", "/crm/products", `{"sku":"A2","name":"Dress"}`)
	})
	page("patch changes only the attributes sent", func(t tester) {
		id := t.assert(201, `{"sku":"A1","price":29,"name":"Dress"}`).at("record.id").(string)
		a := t.want(200, "PATCH", "/crm/products/"+id, `{"price":35}`)
		t.equal(a, "record.attributes.price", `35`)
		t.equal(a, "record.attributes.name", `"Dress"`)
		t.want(404, "PATCH", "/crm/products/c1d2e3f4-a5b6-4890-8def-123456789012", `{"price":35}`)
	})
	page("delete deletes for good, and a second call gets 404", func(t tester) {
		id := t.assert(201, `{"sku":"A1"}`).at("record.id").(string)
		t.want(200, "DELETE", "/crm/products/"+id, "")
		t.want(404, "DELETE", "/crm/products/"+id, "")
		t.want(404, "GET", "/crm/products/"+id, "")
		t.assert(201, `{"sku":"A1"}`)
	})
	page("single ids of a relation are added and removed", func(t tester) {
		one := t.want(201, "POST", "/crm/products", `{"sku":"A1"}`).at("record.id").(string)
		two := t.want(201, "POST", "/crm/products", `{"sku":"A2"}`).at("record.id").(string)
		deal := t.want(201, "POST", "/crm/deals", `{"deal_number":"D1","products":["`+one+`"]}`).at("record.id").(string)
		a := t.want(200, "PATCH", "/crm/deals/"+deal+"/relation", `{"attributeSlug":"products","add":["`+two+`"],"remove":["`+one+`"]}`)
		t.equal(a, "record.attributes.products", `["`+two+`"]`)
		t.want(400, "PATCH", "/crm/deals/"+deal+"/relation", `{"attributeSlug":"title","add":[]}`)
	})
	page("slugs and the matching attribute may be percent-encoded", func(t tester) {
		t.want(201, "PUT", "/crm/%70roducts?matchingAttribute=%73ku", `{"sku":"A1"}`)
	})
	page("the base path may be anything", func(t tester) {
		t.want(201, "PUT", "/some/proxy/crm/products?matchingAttribute=sku", `{"sku":"A1"}`)
		t.want(404, "GET", "/nothing/here", "")
		t.want(405, "DELETE", "/crm/products", "")
	})
	page("createdAt stays, updatedAt moves on", func(t tester) {
		created := t.assert(201, `{"sku":"A1"}`)
		updated := t.assert(200, `{"sku":"A1"}`)
		if created.at("record.createdAt") != updated.at("record.createdAt") || !strings.HasSuffix(updated.at("record.updatedAt").(string), "+00:00") {
			t.Errorf("created %s, updated %s", created.text, updated.text)
		}
	})
}
