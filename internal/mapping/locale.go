package mapping

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// dateOrder is the order of day, month and year in numeric dates.
type dateOrder string

const (
	dayFirst   dateOrder = "dmy"
	monthFirst dateOrder = "mdy"
	yearFirst  dateOrder = "ymd"
	noOrder    dateOrder = "" // the tag leaves it open
)

// locale is how people of one language and region write values.
type locale struct {
	tag     string
	decimal string
	groups  []string // spellings of the group separator
	primary int      // digits in the last group
	others  int      // digits in the groups before it
	order   dateOrder
	yes, no []string       // folded, beside true/false, yes/no, 1/0
	months  map[string]int // folded names and abbreviations, without a final dot
}

// language's own words and date order: golang.org/x/text has the separators of
// numbers, but neither of these. Twelve months are separated by "|", spellings
// of one month by a blank.
type languageWords struct {
	order   dateOrder
	yes, no string // separated by a blank
	months  string
}

func languageTable() map[string]languageWords {
	return map[string]languageWords{
		"bg": {dayFirst, "да вярно", "не невярно", "януари ян|февруари февр|март|април апр|май|юни|юли|август авг|септември септ|октомври окт|ноември ноем|декември дек"},
		"cs": {dayFirst, "ano pravda", "ne nepravda", "leden ledna led|únor února úno|březen března bře|duben dubna dub|květen května kvě|červen června čvn|červenec července čvc|srpen srpna srp|září zář|říjen října říj|listopad listopadu lis|prosinec prosince pro"},
		"da": {dayFirst, "ja sand sandt", "nej falsk falskt", "januar jan|februar feb|marts mar|april apr|maj|juni jun|juli jul|august aug|september sep sept|oktober okt|november nov|december dec"},
		"de": {dayFirst, "ja wahr", "nein falsch", "januar jänner jan jän|februar feber feb|märz maerz mrz mär|april apr|mai|juni jun|juli jul|august aug|september sep sept|oktober okt|november nov|dezember dez"},
		"el": {dayFirst, "ναι αληθές", "όχι ψευδές", "ιανουάριος ιανουαρίου ιαν|φεβρουάριος φεβρουαρίου φεβ|μάρτιος μαρτίου μαρ|απρίλιος απριλίου απρ|μάιος μαΐου μαϊ|ιούνιος ιουνίου ιουν|ιούλιος ιουλίου ιουλ|αύγουστος αυγούστου αυγ|σεπτέμβριος σεπτεμβρίου σεπ|οκτώβριος οκτωβρίου οκτ|νοέμβριος νοεμβρίου νοε|δεκέμβριος δεκεμβρίου δεκ"},
		"en": {noOrder, "", "", "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sep sept|october oct|november nov|december dec"},
		"es": {dayFirst, "sí si verdadero", "no falso", "enero ene|febrero feb|marzo mar|abril abr|mayo may|junio jun|julio jul|agosto ago|septiembre setiembre sep sept set|octubre oct|noviembre nov|diciembre dic"},
		"et": {dayFirst, "jah tõene", "ei väär", "jaanuar jaan|veebruar veebr|märts|aprill apr|mai|juuni|juuli|august aug|september sept|oktoober okt|november nov|detsember dets"},
		"fi": {dayFirst, "kyllä tosi", "ei epätosi", "tammikuu tammikuuta tammi|helmikuu helmikuuta helmi|maaliskuu maaliskuuta maalis|huhtikuu huhtikuuta huhti|toukokuu toukokuuta touko|kesäkuu kesäkuuta kesä|heinäkuu heinäkuuta heinä|elokuu elokuuta elo|syyskuu syyskuuta syys|lokakuu lokakuuta loka|marraskuu marraskuuta marras|joulukuu joulukuuta joulu"},
		"fr": {dayFirst, "oui vrai", "non faux", "janvier janv jan|février fevrier févr fév|mars|avril avr|mai|juin|juillet juil|août aout|septembre sept sep|octobre oct|novembre nov|décembre decembre déc"},
		"hr": {dayFirst, "da istina", "ne laž", "siječanj siječnja sij|veljača veljače velj|ožujak ožujka ožu|travanj travnja tra|svibanj svibnja svi|lipanj lipnja lip|srpanj srpnja srp|kolovoz kolovoza kol|rujan rujna ruj|listopad listopada lis|studeni studenoga stu|prosinac prosinca pro"},
		"hu": {yearFirst, "igen igaz", "nem hamis", "január jan|február febr feb|március márc|április ápr|május máj|június jún|július júl|augusztus aug|szeptember szept|október okt|november nov|december dec"},
		"it": {dayFirst, "sì si vero", "no falso", "gennaio gen|febbraio feb|marzo mar|aprile apr|maggio mag|giugno giu|luglio lug|agosto ago|settembre set|ottobre ott|novembre nov|dicembre dic"},
		"ja": {yearFirst, "はい 真", "いいえ 偽", ""},
		"ko": {yearFirst, "예 네 참", "아니요 아니오 거짓", ""},
		"lt": {yearFirst, "taip tiesa", "ne netiesa", "sausis sausio|vasaris vasario|kovas kovo|balandis balandžio|gegužė gegužės|birželis birželio|liepa liepos|rugpjūtis rugpjūčio|rugsėjis rugsėjo|spalis spalio|lapkritis lapkričio|gruodis gruodžio"},
		"lv": {dayFirst, "jā patiess", "nē aplams", "janvāris janv|februāris febr|marts|aprīlis apr|maijs|jūnijs jūn|jūlijs jūl|augusts aug|septembris sept|oktobris okt|novembris nov|decembris dec"},
		"nb": {dayFirst, "ja sann sant", "nei usann usant", "januar jan|februar feb|mars mar|april apr|mai|juni jun|juli jul|august aug|september sep sept|oktober okt|november nov|desember des"},
		"nl": {dayFirst, "ja waar", "nee onwaar", "januari jan|februari feb|maart mrt|april apr|mei|juni jun|juli jul|augustus aug|september sep sept|oktober okt|november nov|december dec"},
		"pl": {dayFirst, "tak prawda", "nie fałsz", "styczeń stycznia sty|luty lutego lut|marzec marca mar|kwiecień kwietnia kwi|maj maja|czerwiec czerwca cze|lipiec lipca lip|sierpień sierpnia sie|wrzesień września wrz|październik października paź|listopad listopada lis|grudzień grudnia gru"},
		"pt": {dayFirst, "sim verdadeiro", "não nao falso", "janeiro jan|fevereiro fev|março mar|abril abr|maio mai|junho jun|julho jul|agosto ago|setembro set|outubro out|novembro nov|dezembro dez"},
		"ro": {dayFirst, "da adevărat", "nu fals", "ianuarie ian|februarie feb|martie mar|aprilie apr|mai|iunie iun|iulie iul|august aug|septembrie sept sep|octombrie oct|noiembrie noi nov|decembrie dec"},
		"ru": {dayFirst, "да истина", "нет ложь", "январь января янв|февраль февраля фев|март марта мар|апрель апреля апр|май мая|июнь июня июн|июль июля июл|август августа авг|сентябрь сентября сен сент|октябрь октября окт|ноябрь ноября ноя|декабрь декабря дек"},
		"sk": {dayFirst, "áno pravda", "nie nepravda", "január januára jan|február februára feb|marec marca mar|apríl apríla apr|máj mája|jún júna|júl júla|august augusta aug|september septembra sep|október októbra okt|november novembra nov|december decembra dec"},
		"sl": {dayFirst, "da resnično", "ne neresnično", "januar januarja jan|februar februarja feb|marec marca mar|april aprila apr|maj maja|junij junija jun|julij julija jul|avgust avgusta avg|september septembra sep|oktober oktobra okt|november novembra nov|december decembra dec"},
		"sv": {yearFirst, "ja sant", "nej falskt", "januari jan|februari feb|mars mar|april apr|maj|juni jun|juli jul|augusti aug|september sep sept|oktober okt|november nov|december dec"},
		"tr": {dayFirst, "evet doğru", "hayır yanlış", "ocak oca|şubat şub|mart mar|nisan nis|mayıs may|haziran haz|temmuz tem|ağustos ağu|eylül eyl|ekim eki|kasım kas|aralık ara"},
		"uk": {dayFirst, "так істина", "ні хибність", "січень січня січ|лютий лютого лют|березень березня бер|квітень квітня кві|травень травня тра|червень червня чер|липень липня лип|серпень серпня сер|вересень вересня вер|жовтень жовтня жов|листопад листопада лис|грудень грудня гру"},
		"zh": {yearFirst, "是 真", "否 假", ""},
	}
}

// regionOrder corrects the language's date order for a region. English has none
// of its own: 03/04/2025 is two different days in its countries.
func regionOrder(base, region string, order dateOrder) dateOrder {
	switch base + "-" + region {
	case "en-US", "en-PH":
		return monthFirst
	case "en-GB", "en-IE", "en-AU", "en-NZ", "en-IN", "en-SG", "en-HK", "en-MT", "en-AE", "en-DE", "en-CH", "en-NL":
		return dayFirst
	case "en-ZA", "fr-CA":
		return noOrder // both ISO-like and day-first dates are in use
	}
	return order
}

// Languages are those that values can be read in, by their codes. A region may
// follow, as in en-US.
func Languages() []string {
	var tags []string
	for tag := range languageTable() {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	return tags
}

// localeError says that a --locale is not one that values can be read in.
type localeError struct{ problem string }

func (e *localeError) Error() string { return e.problem }
func (e *localeError) Hint() string {
	return "languages: " + strings.Join(Languages(), ", ") + "; a region may follow, as in en-US, en-GB or de-CH"
}

// DecimalSeparator is what stands between the whole and the fraction of a number
// in a locale; a point for "" and for what is no locale.
func DecimalSeparator(tag string) string {
	l, err := newLocale(tag)
	if l == nil || err != nil {
		return "."
	}
	return l.decimal
}

// CheckLocale tells what is wrong with a locale's tag. Its error has a Hint.
func CheckLocale(tag string) error {
	_, err := newLocale(tag)
	return err
}

// newLocale finds how a BCP 47 tag writes values; nil for "".
func newLocale(tag string) (*locale, error) {
	if tag == "" {
		return nil, nil
	}
	// de_DE.UTF-8 is how environments spell it.
	name, _, _ := strings.Cut(tag, ".")
	parsed, err := language.Parse(strings.ReplaceAll(name, "_", "-"))
	if err != nil {
		return nil, &localeError{fmt.Sprintf("%s is not a locale", show(tag))}
	}
	base, _ := parsed.Base()
	code := base.String()
	if code == "no" || code == "nn" {
		code = "nb" // the locale data has Bokmål alone, and would fall back to English in silence
	}
	words, ok := languageTable()[code]
	if !ok {
		return nil, &localeError{fmt.Sprintf("locale %s is not supported", show(tag))}
	}
	region, confidence := parsed.Region()
	l := &locale{tag: tag, order: words.order}
	if confidence == language.Exact {
		l.order = regionOrder(code, region.String(), words.order)
	}
	l.yes, l.no = foldedFields(words.yes), foldedFields(words.no)
	l.months = map[string]int{}
	for i, names := range strings.Split(words.months, "|") {
		for _, m := range foldedFields(names) {
			l.months[m] = i + 1
		}
	}
	// Extensions are left out: they may ask for other digits.
	plain, err := language.Compose(language.Make(code), region)
	if confidence != language.Exact {
		plain, err = language.Make(code), nil
	}
	if err != nil {
		return nil, &localeError{fmt.Sprintf("locale %s is not supported", show(tag))}
	}
	l.separators(plain)
	if code == "de" && confidence == language.Exact && region.String() == "AT" {
		l.groups = append(l.groups, ".") // CLDR has a space, Austrian spreadsheets write dots
	}
	return l, nil
}

func foldedFields(s string) []string {
	fields := strings.Fields(s)
	for i, f := range fields {
		fields[i] = foldCase(f)
	}
	return fields
}

// separators asks the locale data how it writes a number, and reads decimal
// separator, group separator and group sizes from that.
func (l *locale) separators(tag language.Tag) {
	sample := message.NewPrinter(tag).Sprint(number.Decimal(1234567891.5, number.Scale(1)))
	var parts []string // what stands between the digits
	var sizes []int
	size := 0
	for _, r := range sample {
		if r >= '0' && r <= '9' {
			if size == 0 && len(parts) < len(sizes) {
				parts = append(parts, "")
			}
			size++
			continue
		}
		if size > 0 {
			sizes, size = append(sizes, size), 0
			parts = append(parts, "")
		}
		if len(parts) > 0 {
			parts[len(parts)-1] += string(r)
		}
	}
	l.decimal, l.primary, l.others = ".", 3, 3
	if len(parts) == 0 {
		return
	}
	l.decimal = parts[len(parts)-1]
	if len(parts) < 2 {
		return
	}
	l.primary = sizes[len(sizes)-1]
	l.others = sizes[len(sizes)-2]
	l.groups = alike(parts[0])
}

// alike lists the spellings of a group separator that people don't tell apart.
func alike(separator string) []string {
	spaces := []string{" ", "\u00a0", "\u202f", "\u2009"}
	apostrophes := []string{"'", "’"}
	for _, family := range [][]string{spaces, apostrophes} {
		if slices.Contains(family, separator) {
			return family
		}
	}
	return []string{separator}
}
