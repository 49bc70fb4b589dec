package crawl

import "context"

type remarkKey struct{}

// WithRemarks returns a context with which sources tell a person what they wait
// for, such as a server that does not answer.
func WithRemarks(ctx context.Context, say func(string)) context.Context {
	return context.WithValue(ctx, remarkKey{}, say)
}

func remark(ctx context.Context, text string) {
	if say, ok := ctx.Value(remarkKey{}).(func(string)); ok {
		say(text)
	}
}
