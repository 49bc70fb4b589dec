package extract

import "bytes"

// phrases returns a number for the first kind of stock phrase in a short
// block: 0 none.
func (x *Extractor) phrases(text []byte, c *counts) int16 {
	if c.chars > 160 {
		return 0
	}
	if c.han > 0 {
		for i, list := range &hanPhrases {
			for _, p := range list {
				if bytes.Contains(text, []byte(p)) {
					return int16(20 + i)
				}
			}
		}
		return 0
	}
	n := min(len(text), 48)
	var low [48]byte
	for i := range n {
		ch := text[i]
		if ch >= 'A' && ch <= 'Z' {
			ch |= 0x20
		}
		low[i] = ch
	}
	head := low[:n]
	for i, list := range &phrases {
		for _, p := range list {
			if hasPrefix(head, p) {
				return int16(1 + i)
			}
		}
	}
	return 0
}

// phrases are how stock blocks begin, by kind.
var phrases = [...][]string{
	{"copyright", "©", "(c) ", "all rights", "terms of", "privacy", "disclaimer", "all trademarks"},
	{"share", "tweet", "follow us", "follow ", "like us", "email this", "print this", "send to", "digg"},
	{"subscribe", "sign up", "newsletter", "get the ", "join our", "enter your email", "stay up"},
	{"log in", "login", "sign in", "register", "create an account", "you must be", "forgot"},
	{"related", "you may also", "you might", "recommended", "see also", "also read", "read also", "more from", "more on", "more in", "popular", "trending", "most read", "latest", "recent", "read next", "up next"},
	{"comment", "leave a", "reply", "post a comment", "add a comment", "no comments", "view all", "responses"},
	{"advert", "sponsored", "ad ", "promoted"},
	{"by ", "written by", "posted by", "author", "from "},
	{"read more", "continue reading", "learn more", "click here", "show more", "load more", "see more", "view more", "more »", "more..."},
	{"posted", "published", "updated", "last updated", "last modified", "date:", "created"},
	{"tags", "tagged", "filed under", "categories", "category", "topics", "labels", "keywords"},
	{"photo", "image", "picture", "source:", "credit", "getty", "figure"},
	{"home", "menu", "skip to", "search", "about us", "contact", "site map", "sitemap", "back to", "go to", "navigation"},
	{"add to cart", "buy now", "add to", "in stock", "out of stock", "free shipping", "quantity", "price", "sku", "sort by", "filter"},
	{"previous", "next", "« ", "‹ ", "page ", "older", "newer", "prev"},
	{"we use cookies", "this site uses", "this website uses", "by using", "by continuing", "cookie", "accept"},
}

var hanPhrases = [...][]string{
	{"版权", "备案", "ICP", "許可證", "许可证", "免责", "Copyright"},
	{"责任编辑", "編輯", "编辑：", "编辑:", "责编", "作者：", "记者"},
	{"上一篇", "下一篇", "返回", "上一页", "下一页", "首页", "首頁"},
	{"相关", "推荐", "热门", "相關", "排行", "更多", "猜你喜欢", "延伸阅读", "精彩"},
	{"分享", "微信", "微博", "扫一扫", "二维码", "收藏", "转发", "打印", "字号", "关注"},
	{"评论", "登录", "注册", "留言", "回复", "網友", "网友", "跟帖", "举报"},
	{"来源", "來源", "发布时间", "发表于", "时间：", "点击", "阅读：", "浏览"},
	{"广告", "廣告", "客服", "下载", "APP", "热线"},
	{"声明", "转载", "联系我们", "关于我们", "联系方式"},
}
