package mapping

import "strings"

// synonyms lists, a line a thing, what columns of business exports are called in
// several languages, the usual word first. A word may stand in two lines: "nom"
// is a product's name and a person's last one. Words of one meaning only belong
// here; the price before tax is not the price.
const synonyms = `
sku|article number|item number|item no|product number|product code|item code|article code|part number|stock keeping unit|artikelnummer|artikelnr|artnr|art nr|artikel nr|produktnummer|produktnr|bestellnummer|teilenummer|materialnummer|référence|reference|réf|référence produit|code article|code produit|código de artículo|código de producto|referencia|codice articolo|codice prodotto|artikelcode|productcode|artikkelnummer|varenummer|código do produto|numer artykułu|kod produktu|indeks|artikelkode|varenr|produktkode|ürün kodu|stok kodu|ürün numarası|商品コード|品番|商品番号|货号|商品编号|상품코드|kód produktu|číslo zboží|tuotenumero|tuotekoodi|cikkszám|kod towaru|matnr
name|title|bezeichnung|titel|artikelbezeichnung|artikelname|produktbezeichnung|produktname|nom|désignation|intitulé|libellé|titre|nombre|denominación|título|nome|denominazione|titolo|naam|benaming|namn|benämning|navn|nazwa|nom du produit|nombre del producto|nome prodotto|productnaam|produktnavn|varenavn|produktnamn|ürün adı|商品名|品名|名称|商品名称|상품명|název|tuotenimi|nimi|megnevezés|terméknév|nazwa towaru|nazwa produktu|maktx
description|details|body|long description|beschreibung|artikelbeschreibung|produktbeschreibung|langtext|langbeschreibung|descriptif|descripción|descrizione|omschrijving|beschrijving|beskrivning|beskrivelse|descrição|opis|açıklama|ürün açıklaması|説明|商品説明|描述|설명|popis|kuvaus|leírás
price|unit price|retail price|selling price|sales price|list price|preis|verkaufspreis|einzelpreis|stückpreis|listenpreis|vk preis|vk|prix|prix unitaire|prix de vente|precio|precio de venta|precio unitario|prezzo|prezzo di vendita|prijs|verkoopprijs|preço|pris|cena|hinta|ár|fiyat|satış fiyatı|birim fiyat|価格|単価|販売価格|价格|单价|가격|cena za kus|myyntihinta|eladási ár
inventory count|inventory|inventory quantity|stock|stock count|stock level|stock quantity|quantity on hand|on hand|bestand|lagerbestand|lagermenge|stock disponible|quantité en stock|existencias|giacenza|voorraad|lagersaldo|estoque|stan magazynowy|stok|stok adedi|stok miktarı|lagerbeholdning|beholdning|在庫数|在庫|库存|재고|stav skladu|skladem ks|varastosaldo|készlet|labst
quantity|amount|menge|anzahl|stückzahl|quantité|cantidad|quantità|aantal|quantidade|ilość|miktar|adet|数量|수량|množství|määrä|mennyiség|antall|antal
weight|net weight|gewicht|poids|peso|vikt|vekt|vægt|waga|ağırlık|重量|重さ|무게|hmotnost|paino|súly|brgew|ntgew
category|product category|type|kategorie|warengruppe|produktgruppe|artikelgruppe|gruppe|catégorie|famille|categoría|familia|categoria|categorie|productgroep|kategori|kategoria|kategorie produktu|カテゴリ|カテゴリー|分類|类别|分类|카테고리|tuoteryhmä|kategória|varegruppe|varugrupp|matkl
tags|tag|keywords|labels|schlagworte|schlagwörter|stichworte|mots clés|étiquettes|etiquetas|palabras clave|etichette|parole chiave|trefwoorden|taggar|tagi|etiketler|タグ|标签|태그|štítky|címkék
in stock|available|availability|verfügbar|lieferbar|auf lager|verfügbarkeit|en stock|disponible|disponibilité|en existencia|disponibile|disponibilità|op voorraad|beschikbaar|i lager|på lager|disponível|dostępny|dostępność|stokta|stokta var|在庫あり|有货|skladem|varastossa|raktáron
active|is active|enabled|aktiv|actif|activo|attivo|actief|ativo|aktywny|etkin|有効|启用|aktivní|aktiivinen|aktív
launched on|launch date|released|release date|released on|einführungsdatum|markteinführung|eingeführt am|erscheinungsdatum|erschienen am|erscheint am|neu seit|date de lancement|date de sortie|fecha de lanzamiento|data di lancio|lanceringsdatum|data de lançamento|data wprowadzenia|çıkış tarihi|発売日|上市日期|출시일|datum uvedení|julkaisupäivä|megjelenés dátuma|lanseringsdato|lanseringsdatum|data lancio|fecha de salida
website|web site|url|web|homepage|website url|webseite|internetseite|internet|internetadresse|site web|site internet|sitio web|página web|sito|sito web|webbplats|nettside|hjemmeside|strona|strona internetowa
ean|gtin|ean code|ean 13|barcode|bar code|ean nummer|strichcode|code barres|código de barras|codice a barre|streepjescode|streckkod|strekkode|kod kreskowy|barkod|バーコード|条形码|čárový kód|viivakoodi|vonalkód|ean11
supplier|vendor|manufacturer|lieferant|hersteller|anbieter|fournisseur|fabricant|proveedor|fabricante|fornitore|produttore|leverancier|leverantör|leverandør|fornecedor|dostawca|producent|tedarikçi|仕入先|供应商|dodavatel|toimittaja|beszállító
brand|marke|marque|marca|merk|varumärke|merke|marka
colour|color|farbe|couleur|colore|kleur|cor|färg|farge|farve|kolor
size|größe|taille|talla|taglia|maat|tamanho|storlek|størrelse|rozmiar
first name|given name|forename|vorname|prénom|nombre|nombre de pila|nome|voornaam|förnamn|fornavn|imię|adı|名|jméno|etunimi|keresztnév
last name|surname|family name|nachname|familienname|zuname|nom|nom de famille|apellido|apellidos|cognome|achternaam|sobrenome|efternamn|etternavn|efternavn|nazwisko|soyad|soyadı|姓|příjmení|sukunimi|vezetéknév
salutation|anrede|civilité|tratamiento|appellativo|aanhef|tilltal|tiltale
email|e mail|email address|e mail address|e mail adresse|email adresse|mail|mailadresse|adresse e mail|adresse électronique|courriel|correo|correo electrónico|e mailadres|emailadres|e post|e postadress|posta elettronica|indirizzo email|e posta|e posta adresi|eposta|メール|メールアドレス|电子邮件|邮箱|이메일|sähköposti|e mail cím
phone number|phone|telephone|telephone number|mobile|mobile phone|telefon|telefonnummer|rufnummer|tel|téléphone|numéro de téléphone|teléfono|número de teléfono|telefono|telefoon|telefoonnummer|telefone|numer telefonu|telefon numarası|電話番号|电话|전화번호|puhelin|puhelinnumero|telefonszám|telefonní číslo
job title|title|position|role|stelle|berufsbezeichnung|funktion|poste|fonction|intitulé du poste|cargo|puesto|posizione|ruolo|functie|befattning|stilling|stanowisko
company|company name|organization|organisation|account|account name|firma|firmenname|raison sociale|razón social|ragione sociale|bedrijfsnaam|unternehmen|entreprise|société|empresa|compañía|azienda|società|bedrijf|företag|virksomhed|selskap|firma klienta|şirket|会社名|会社|公司|회사|společnost|yritys|cég|cégnév
domain|company domain|company domain name|website|website url|webseite|url|domäne|domaine|dominio|domein
industry|branche|secteur|sector|settore|bransch|bransje|branża
employees|number of employees|employee count|headcount|mitarbeiter|mitarbeiterzahl|anzahl mitarbeiter|effectif|effectifs|nombre de salariés|empleados|número de empleados|dipendenti|numero dipendenti|medewerkers|aantal medewerkers|anställda|medarbejdere|ansatte|pracownicy
revenue|annual revenue|turnover|umsatz|jahresumsatz|chiffre d'affaires|ingresos|ingresos anuales|facturación|fatturato|omzet|jaaromzet|omsättning|omsætning|omsetning|przychody
city|town|ort|stadt|wohnort|ville|ciudad|città|plaats|cidade|stad|miasto|şehir|市区町村|城市|město|kaupunki|város
country|land|pays|país|paese|kraj
zip|postal code|zip code|postcode|plz|postleitzahl|code postal|código postal|cap|postnummer|kod pocztowy
street|address|street address|straße|anschrift|adresse|rue|calle|dirección|indirizzo|straat|adres|gata|ulica
location|primary location|standort|lieu|ubicación|località|locatie
status|state|stage|phase|statut|état|étape|estado|etapa|stato|fase
notes|note|comment|comments|remarks|notiz|notizen|bemerkung|bemerkungen|anmerkung|kommentar|remarque|commentaire|notas|comentarios|osservazioni|opmerking|opmerkingen|uwagi
amount|value|total|sum|betrag|summe|gesamtbetrag|wert|montant|total ttc|importe|importo|totale|bedrag|belopp|beløb|kwota
owner|assigned to|assignee|responsible|zuständig|verantwortlich|bearbeiter|betreuer|propriétaire|responsable|propietario|responsabile|eigenaar|ägare|eier|besitzer|sahibi|担当者|负责人|omistaja|inhaber
customer number|customer no|customer id|client number|kundennummer|kundennr|kunden nr|kunden id|kd nr|numéro de client|numéro client|número de cliente|codice cliente|klantnummer|kundnummer|numer klienta|müşteri no|müşteri numarası|顧客番号|客户编号|číslo zákazníka|asiakasnumero|ügyfélszám|kundenr|kunnr
customer since|client since|kunde seit|client depuis|cliente desde|cliente dal|klant sinds|kund sedan|kunde siden|klient od
order number|order no|order id|auftragsnummer|auftragsnr|auftrags nr|numéro de commande|número de pedido|numero ordine|ordernummer|bestelnummer|numer zamówienia
invoice number|invoice no|invoice id|rechnungsnummer|rechnungsnr|rechnungs nr|numéro de facture|número de factura|numero fattura|factuurnummer|fakturanummer|numer faktury
contract number|contract no|contract id|vertragsnummer|numéro de contrat|número de contrato|numero contratto|contractnummer|numer umowy
start date|starts on|begin date|beginn|startdatum|date de début|fecha de inicio|data inizio|begindatum
end date|ends on|ende|enddatum|date de fin|fecha de fin|data fine|einddatum
birthday|birth date|date of birth|geburtsdatum|geburtstag|date de naissance|fecha de nacimiento|data di nascita|geboortedatum|data urodzenia
close date|closes at|closes on|closing date|expected close date|abschlussdatum|date de clôture|date de fermeture|fecha de cierre|data di chiusura|sluitingsdatum|avslutsdatum|data zamknięcia|kapanış tarihi|クローズ日
priority|importance|priorität|dringlichkeit|priorité|prioridad|priorità|prioriteit|prioritet|priorytet|öncelik|優先度|优先级|priorita|prioriteetti
vat id|vat|vat number|vat registration number|tax id|ust id|ustid|ust id number|umsatzsteuer id|umsatzsteuer identifikationsnummer|numéro de tva|tva intracommunautaire|nif iva|partita iva|btw nummer|momsnummer|moms number|nip|vergi number|dič|alv numero|adószám
rating|stars|bewertung|sterne|note moyenne|évaluation|valoración|valutazione|beoordeling
product|item|article|variant|produkt|artikel|variante|produit|producto|artículo|prodotto|articolo
`

// thesaurus finds what a name may mean.
type thesaurus map[string][]meaning

// meaning is a line of synonyms and the place in it.
type meaning struct{ line, place int }

func newThesaurus() thesaurus {
	t := thesaurus{}
	for n, line := range strings.Split(strings.TrimSpace(synonyms), "\n") {
		for place, word := range strings.Split(line, "|") {
			word = spelledOut(word)
			if known := t[word]; len(known) == 0 || known[len(known)-1].line != n {
				t[word] = append(known, meaning{n, place})
			}
		}
	}
	return t
}

// apart says how far two names are apart that mean the same: the nearer both are
// to the usual word, the closer. False where they don't.
func (t thesaurus) apart(a, b string) (int, bool) {
	for _, one := range t[a] {
		for _, other := range t[b] {
			if one.line == other.line {
				return one.place + other.place, true
			}
		}
	}
	return 0, false
}
