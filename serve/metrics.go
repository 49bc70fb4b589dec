package serve

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// buckets are the upper limits of histograms, in seconds.
var buckets = [...]float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300}

// metrics are what /metrics tells.
type metrics struct {
	running, streams             atomic.Int64
	prompt, completion, canceled atomic.Int64
	refused                      atomic.Int64

	mu       sync.Mutex
	requests map[requestLabel]int64
	took     map[string]*histogram // by route
	first    histogram             // until the first piece of a generation
}

type requestLabel struct {
	route  string
	status int
}

type histogram struct {
	counts [len(buckets) + 1]int64
	sum    float64
	n      int64
}

func (h *histogram) add(v float64) {
	i, _ := slices.BinarySearch(buckets[:], v)
	h.counts[i]++
	h.sum += v
	h.n++
}

func newMetrics() *metrics {
	return &metrics{requests: map[requestLabel]int64{}, took: map[string]*histogram{}}
}

// request counts a request that was answered.
func (m *metrics) request(route string, status int, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[requestLabel{route, status}]++
	h := m.took[route]
	if h == nil {
		h = &histogram{}
		m.took[route] = h
	}
	h.add(took.Seconds())
}

// firstPiece counts how long a generation took to begin.
func (m *metrics) firstPiece(took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.first.add(took.Seconds())
}

// write prints all in Prometheus' text form, version 0.0.4.
func (m *metrics) write(w io.Writer, waiting int) {
	one := func(name, kind, help string, v any) {
		fmt.Fprintf(w, "# HELP feilun_serve_%s %s\n# TYPE feilun_serve_%s %s\nfeilun_serve_%s %v\n", name, help, name, kind, name, v)
	}
	one("requests_running", "gauge", "Requests being answered.", m.running.Load())
	one("generations_running", "gauge", "Answers being generated.", m.streams.Load())
	one("generations_queued", "gauge", "Answers that wait for the model.", waiting)
	one("generations_cancelled_total", "counter", "Answers that ended because nobody waited for them.", m.canceled.Load())
	one("generations_refused_total", "counter", "Answers refused because too many waited.", m.refused.Load())
	one("prompt_tokens_total", "counter", "Tokens read.", m.prompt.Load())
	one("completion_tokens_total", "counter", "Tokens written.", m.completion.Load())
	m.mu.Lock()
	defer m.mu.Unlock()
	fmt.Fprint(w, "# HELP feilun_serve_requests_total Requests answered.\n# TYPE feilun_serve_requests_total counter\n")
	for _, l := range sortedKeys(m.requests, func(a, b requestLabel) int {
		return cmp.Or(cmp.Compare(a.route, b.route), cmp.Compare(a.status, b.status))
	}) {
		fmt.Fprintf(w, "feilun_serve_requests_total{route=%q,status=\"%d\"} %d\n", l.route, l.status, m.requests[l])
	}
	fmt.Fprint(w, "# HELP feilun_serve_request_seconds Time from request to the end of its answer.\n# TYPE feilun_serve_request_seconds histogram\n")
	for _, route := range sortedKeys(m.took, cmp.Compare[string]) {
		m.took[route].write(w, "feilun_serve_request_seconds", fmt.Sprintf("route=%q,", route))
	}
	fmt.Fprint(w, "# HELP feilun_serve_first_piece_seconds Time until a generation's first piece.\n# TYPE feilun_serve_first_piece_seconds histogram\n")
	m.first.write(w, "feilun_serve_first_piece_seconds", "")
}

func (h *histogram) write(w io.Writer, name, labels string) {
	n := int64(0)
	for i, le := range buckets {
		n += h.counts[i]
		fmt.Fprintf(w, "%s_bucket{%sle=\"%v\"} %d\n", name, labels, le, n)
	}
	fmt.Fprintf(w, "%s_bucket{%sle=\"+Inf\"} %d\n", name, labels, h.n)
	if labels != "" {
		labels = "{" + labels[:len(labels)-1] + "}"
	}
	fmt.Fprintf(w, "%s_sum%s %v\n%s_count%s %d\n", name, labels, h.sum, name, labels, h.n)
}

func sortedKeys[K comparable, V any](m map[K]V, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compare)
	return keys
}
