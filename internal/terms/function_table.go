package terms

import (
	"strings"
	"sync"
)

// Function are words that ask or hold a sentence together and say little
// about what a passage is about. Chinese ones are as the segmenter cuts them.
var Function = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(functionList) {
		m[w] = true
	}
	return m
})

const functionList = `
a an the this that these those some any each every no not
i you he she it we they me him her us them my your his its our their
who whom whose what which when where why how
am is are was were be been being do does did done have has had having can could will would shall should may might must
of in on at by for from to with without about as into onto over under than then there here between through during
and or but nor so if because while although though also too very just only much many more most such other another
tell please name describe explain

的 地 得 了 着 过 是 为 有 在 和 与 及 或 而 且 但 也 都 就 又 还 很 最 更 不 没 没有 把 被 给 对 对于 于 从 到 由 向 以 以及 因 因为 所以 如果 其 之 所 等 这 那 这个 那个 这些 那些 此 该
我 你 您 他 她 它 我们 你们 他们 她们 它们 自己
什么 甚么 哪 哪个 哪些 哪里 哪儿 哪位 哪种 哪一 哪一个 谁 何 何时 何地 何处 何人 何种 为何 为什么 为甚么 如何 怎么 怎样 怎么样 多少 几 几个 多 多久 多长 多大 多长时间 吗 呢 吧 啊 是否 是不是 能否 可否 有没有
一个 一种 一些 个 种 位 名 次 请 请问 可以 能 会 要 应 应该 曾 曾经 已 已经 主要 关于 属于 称为 叫做 叫
`
