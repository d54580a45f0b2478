package report

import (
	"strings"

	"github.com/crmsync/crmsync/internal/push"
)

type pageReason struct {
	Count, Error, Hint, Share, Lines string
	Status                           int // 0 is not shown
	Width                            string
	Examples                         []pageExample
}

type pageExample struct{ Where, Match, Error string }

func (p *page) reasons(s Summary) {
	r := s.Result
	p.ReasonsTitle = "Why records were rejected"
	if s.DryRun {
		p.ReasonsTitle = "Why records would be rejected"
	}
	for _, why := range r.Reasons[:min(len(r.Reasons), p.room(pageReasons))] {
		share := float64(why.Count) / float64(max(r.Rejected, 1))
		one := pageReason{
			Count: thousands(why.Count), Status: why.Status, Error: clip(why.Error, longestText), Hint: rejectHint(why),
			Share: percent(share), Width: coordinate(share * 1000), Lines: p.places(s, why), Examples: examples(s, why),
		}
		p.Reasons = append(p.Reasons, one)
	}
	rest := r.Rejected
	for _, why := range r.Reasons[:len(p.Reasons)] {
		rest -= why.Count
	}
	if rest > 0 {
		p.OtherRejects = quantity(rest, "record") + " " + wasOrWere(rest) + " rejected for other reasons: the reject file has them all."
	}
}

// examples are those that tell more than the reason and its lines do: whose
// record it was, or another value. What reads the same is told once.
func examples(s Summary, why push.Reason) []pageExample {
	var list []pageExample
	said := map[[2]string]bool{{"", why.Error}: true}
	for _, e := range why.Examples {
		if key := [2]string{e.Match, e.Error}; !said[key] {
			said[key] = true
			list = append(list, pageExample{
				Where: where(s, placeOf(e.Place, s)), Match: clip(e.Match, longestName), Error: clip(e.Error, longestText),
			})
		}
	}
	return list
}

// places lists the first lines of a reason.
func (p *page) places(s Summary, why push.Reason) string {
	var list []string
	for _, at := range why.Places {
		place := placeOf(at, s)
		if len(s.Sources) > 1 {
			list = append(list, where(s, place))
		} else {
			list = append(list, thousands(place.Line))
		}
	}
	text := strings.Join(list, ", ")
	if len(s.Sources) <= 1 {
		text = "line " + text
		if len(list) > 1 {
			text = "lines " + strings.Join(list, ", ")
		}
	}
	if rest := why.Count - int64(len(list)); rest > 0 {
		text += ", and " + thousands(rest) + " more"
	}
	return text
}

func where(s Summary, at Place) string {
	line := "line " + thousands(at.Line)
	if len(s.Sources) > 1 && at.Source != "" {
		return clip(at.Source, longestName) + " " + line
	}
	return line
}
