package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"

	"feilun/internal/hint"
	"feilun/plan"
	"feilun/web"
)

// serveTexts are what the server tells its operator.
var serveTexts = map[string][2]string{ // English, Chinese
	"loading":     {"loading the model %s", "正在载入模型 %s"},
	"indexing":    {"making a search index of the corpus in %s", "正在为语料建立检索索引：%s"},
	"upstream":    {"the model server %s does not answer yet (%v); start it: it is asked again and again", "模型服务器 %s 尚无应答（%v）；请启动它，本服务会不断重试"},
	"unkept":      {"chats and accounts are kept until the server ends; --data DIR keeps them", "对话与账号只保留到服务结束；用 --data 目录 可长期保存"},
	"ready":       {"open the address in a browser; the API is under /v1/; Ctrl-C ends", "用浏览器打开上面的地址；接口在 /v1/；按 Ctrl-C 结束"},
	"token":       {"there is no account yet: make the first admin, once, at %s#/setup/%s", "还没有账号：请打开 %s#/setup/%s 创建第一个管理员（只能用一次）"},
	"stale":       {"the corpus was written after its index; to search the new one: feilun search index %s --out %s", "语料比它的索引新；要检索新语料，请运行：feilun search index %s --out %s"},
	"uninspected": {"the run cannot be looked into under /inspect/: %v", "无法在 /inspect/ 下查看这次运行：%v"},
	"nothing":     {"there is nothing to serve: no model and no index", "没有可以服务的内容：既没有模型，也没有检索索引"},
	"no folder":   {"there is nothing to serve: there is no folder %s", "没有可以服务的内容：没有 %s 这个目录"},
	"bare folder": {"there is nothing to serve: %s holds no model/, no corpus/ and no index/", "没有可以服务的内容：%s 中没有 model/、corpus/ 或 index/"},
	"try": {"to see it at work, make a small corpus and model in a few seconds: feilun run tiny --out out, then feilun serve out; or give a run's folder, --model PATH, --upstream URL or --index INDEX",
		"想先看看效果，可在几秒内做出一份小语料和一个小模型：先运行 feilun run tiny --out out，再运行 feilun serve out；也可以给出一次运行的目录、--model 路径、--upstream 网址或 --index 索引"},
	"ended": {"the server has ended", "服务已结束"},
}

// serveHints are in Chinese what the hints of errors say to who starts a server.
var serveHints = map[string]string{
	"give host and port, such as 127.0.0.1:8080":                                                                               "请写主机和端口，例如 127.0.0.1:8080",
	"give it as in chat.example, without scheme and port":                                                                      "请写成 chat.example 这样，不带协议和端口",
	"give it as in https://app.example, without a path":                                                                        "请写成 https://app.example 这样，不带路径",
	"give it as in http://127.0.0.1:11434/v1":                                                                                  "请写成 http://127.0.0.1:11434/v1 这样",
	"the redirect ends with /api/oidc/callback":                                                                                "重定向网址以 /api/oidc/callback 结尾",
	"another program may listen there; --addr 127.0.0.1:0 takes a free port":                                                   "可能有别的程序占用了这个端口；用 --addr 127.0.0.1:0 可自动选择空闲端口",
	"end the other server, or keep the data in another folder: --data DIR":                                                     "请先结束另一个服务，或用 --data 目录 把数据放在别处",
	"make one with: feilun search index DIR --out INDEX":                                                                       "可以这样建立索引：feilun search index 目录 --out 索引",
	"a model is a folder with config.json, model.safetensors (or several with their index) and tokenizer.json, or a GGUF file": "模型是一个含有 config.json、model.safetensors（或多个文件及其索引）和 tokenizer.json 的目录，或一个 GGUF 文件",
}

// told gives an error its hint in the language of the user.
func (c *serveCmd) told(err error) error {
	zh, ok := serveHints[hint.Of(err)]
	if !ok || plan.Language(c.Lang, os.Getenv("LANG")) != "zh" {
		return err
	}
	return hint.With(err, zh)
}

// texter writes messages in the language of the user.
func texter(lang string) func(key string, args ...any) string {
	n := 0
	if plan.Language(lang, os.Getenv("LANG")) == "zh" {
		n = 1
	}
	return func(key string, args ...any) string { return fmt.Sprintf(serveTexts[key][n], args...) }
}

// teller prints messages in the language of the user.
func teller(w io.Writer, lang string) func(key string, args ...any) {
	text := texter(lang)
	return func(key string, args ...any) { fmt.Fprintln(w, text(key, args...)) }
}

// nothing says that there is nothing to serve, and how to get something.
func (c *serveCmd) nothing() error {
	text, key, args := texter(c.Lang), "nothing", []any(nil)
	if c.Dir != "" {
		key, args = "no folder", []any{c.Dir}
		if fileExists(c.Dir) {
			key = "bare folder"
		}
	}
	return hint.Usage(hint.With(errors.New(text(key, args...)), text("try")))
}

// openAt is the address at which the page is opened: a server that listens on all addresses is reached by this machine's name.
func openAt(l net.Listener) string {
	host, port, _ := net.SplitHostPort(l.Addr().String())
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}

// chatPage is what is served at /.
func chatPage() fs.FS { return web.Files() }
