package cite

import "testing"

func TestContext(t *testing.T) {
	for _, tt := range []struct {
		questions []string
		want      string
	}{
		{nil, ""},
		{[]string{"谁写了《红楼梦》？"}, ""},
		{[]string{"When was the harbour of Lorna built?", "Who designed it?"}, "harbour Lorna built"},
		{[]string{"罗纳港什么时候建成？", "它有几台起重机？"}, "罗纳港 建成"},
		{[]string{"When was the harbour of Lorna built?", "How many people live in Norway?"}, ""},
		{[]string{"罗纳港什么时候建成？", "谢谢", "挪威的首都在哪里？"}, ""},
		{[]string{"生命数耗完即算为什么？", "它由谁发行？"}, "生命数耗完即算"},
	} {
		if got := Context(tt.questions); got != tt.want {
			t.Errorf("Context(%q) = %q, want %q", tt.questions, got, tt.want)
		}
	}
}
