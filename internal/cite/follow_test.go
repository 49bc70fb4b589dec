package cite

import "testing"

func TestStandalone(t *testing.T) {
	for _, tt := range []struct {
		questions []string
		want      string
	}{
		{nil, ""},
		{[]string{"谁写了《红楼梦》？"}, "谁写了《红楼梦》？"},
		{[]string{"When was the harbour of Lorna built?", "Who designed it?"}, "harbour Lorna built Who designed it?"},
		{[]string{"罗纳港什么时候建成？", "它有几台起重机？"}, "罗纳港 建成 它有几台起重机？"},
		{[]string{"When was the harbour of Lorna built?", "How many people live in Norway?"}, "How many people live in Norway?"},
		{[]string{"罗纳港什么时候建成？", "谢谢", "挪威的首都在哪里？"}, "挪威的首都在哪里？"},
	} {
		if got := Standalone(tt.questions); got != tt.want {
			t.Errorf("Standalone(%q) = %q, want %q", tt.questions, got, tt.want)
		}
	}
}
