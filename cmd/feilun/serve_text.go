package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"feilun/plan"
	"feilun/web"
)

// serveTexts are what the server tells its operator.
var serveTexts = map[string][2]string{ // English, Chinese
	"loading":     {"loading the model %s", "正在载入模型 %s"},
	"indexing":    {"making a search index of the corpus in %s", "正在为语料建立检索索引：%s"},
	"upstream":    {"the upstream server does not answer yet: %v", "上游服务尚无应答：%v"},
	"unkept":      {"chats and accounts are kept until the server ends; --data DIR keeps them", "对话与账号只保留到服务结束；用 --data 目录 可长期保存"},
	"ready":       {"open the address in a browser; the API is under /v1/; Ctrl-C ends", "用浏览器打开上面的地址；接口在 /v1/；按 Ctrl-C 结束"},
	"token":       {"there is no account yet: make the first admin, once, at /#/setup/%s", "还没有账号：请在 /#/setup/%s 创建第一个管理员（只能用一次）"},
	"stale":       {"the corpus was written after its index; to search the new one: feilun search index %s --out %s", "语料比它的索引新；要检索新语料，请运行：feilun search index %s --out %s"},
	"uninspected": {"the run cannot be looked into under /inspect/: %v", "无法在 /inspect/ 下查看这次运行：%v"},
	"ended":       {"the server has ended", "服务已结束"},
}

// teller prints messages in the language of the user.
func teller(w io.Writer, lang string) func(key string, args ...any) {
	n := 0
	if plan.Language(lang, os.Getenv("LANG")) == "zh" {
		n = 1
	}
	return func(key string, args ...any) { fmt.Fprintf(w, serveTexts[key][n]+"\n", args...) }
}

// chatPage is what is served at /.
func chatPage() fs.FS { return web.Files() }
