package jinja

// What goes through a whole value is paid for before it is done, in steps: a node of the value is one, 64 bytes of text are one.
// A value that holds itself, or the same one many times over, is so refused.

// pay takes the price of a text, or of a list that is gone through once; for other values it is nothing.
func (r *renderer) pay(v any) {
	switch v := v.(type) {
	case string:
		r.steps -= len(v) / 64
	case []any:
		r.steps -= len(v) / 64
	}
	if r.steps < 0 {
		fail("it does too much")
	}
}

// weigh takes the price of a value with all that is in it.
func (r *renderer) weigh(v any, depth int) {
	r.step()
	if depth > maxDepth {
		fail("a value goes deeper than %d", maxDepth)
	}
	switch v := v.(type) {
	case string:
		r.pay(v)
	case []any:
		for _, x := range v {
			r.weigh(x, depth+1)
		}
	case *Map:
		for _, k := range v.keys {
			r.pay(k)
			r.weigh(v.values[k], depth+1)
		}
	}
}

// payCompare takes the price of comparing x with y, or with what is in y.
func (r *renderer) payCompare(x, y any) {
	if holds(x) {
		r.weigh(x, 0)
		r.weigh(y, 0)
		return
	}
	r.pay(x)
	r.pay(y)
}

func holds(v any) bool {
	switch v.(type) {
	case []any, *Map:
		return true
	}
	return false
}

// shallow reports whether a filter looks at a value without going into what it holds.
func shallow(name string) bool {
	switch name {
	case "default", "d", "safe", "length", "count", "first", "last", "list", "items", "map", "select", "reject", "selectattr", "rejectattr", "dictsort", "reverse", "tojson":
		return true
	}
	return false
}
