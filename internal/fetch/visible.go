package fetch

import (
	"bytes"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

var (
	unseen   = regexp.MustCompile(`(?i)display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|font-size\s*:\s*0*(\.0+)?(px|em|rem|pt|%)?\s*(;|!|$)|opacity\s*:\s*0*(\.0+)?\s*(;|!|$)|(text-indent|left|top|margin-left)\s*:\s*-\d{3,}`)
	rule     = regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`)
	selector = regexp.MustCompile(`^[.#][\w-]+$`)
)

// Visible takes out of a page of HTML what its readers do not see: comments, and elements hidden by an attribute, a
// style or a rule of the page's own sheets that names their class or id. Such text is where pages speak to machines. What
// scripts and outside sheets hide is not known.
func Visible(page []byte) []byte {
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return nil
	}
	hidden := map[string]bool{}
	sheets(root, hidden)
	prune(root, hidden)
	var out bytes.Buffer
	if html.Render(&out, root) != nil {
		return nil
	}
	return out.Bytes()
}

// sheets collects the classes and ids that a page's style elements hide.
func sheets(n *html.Node, hidden map[string]bool) {
	if n.Type == html.ElementNode && n.Data == "style" && n.FirstChild != nil {
		for _, r := range rule.FindAllStringSubmatch(n.FirstChild.Data, -1) {
			if !unseen.MatchString(r[2]) {
				continue
			}
			for s := range strings.SplitSeq(r[1], ",") {
				if s = strings.TrimSpace(s); selector.MatchString(s) {
					hidden[s] = true
				}
			}
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		sheets(c, hidden)
	}
}

func prune(n *html.Node, hidden map[string]bool) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == html.CommentNode || c.Type == html.ElementNode && isHidden(c, hidden) {
			n.RemoveChild(c)
		} else {
			prune(c, hidden)
		}
		c = next
	}
}

func isHidden(n *html.Node, hidden map[string]bool) bool {
	if n.Data == "html" || n.Data == "body" || n.Data == "head" {
		return false // shown by scripts, or there would be no page
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "aria-hidden":
			if a.Val == "true" {
				return true
			}
		case "style":
			if unseen.MatchString(a.Val) {
				return true
			}
		case "id":
			if hidden["#"+a.Val] {
				return true
			}
		case "class":
			for c := range strings.FieldsSeq(a.Val) {
				if hidden["."+c] {
					return true
				}
			}
		}
	}
	return n.Data == "template" || n.Data == "noscript"
}
