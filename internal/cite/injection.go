package cite

import (
	"regexp"
	"strings"
)

// instructs are ways in which pages speak to a model. The list cannot be complete: what it misses is contained
// by what may leave ([Writer]).
var instructs = regexp.MustCompile(`(?i)(ignore|disregard|forget|override)\s+(all\s+|any\s+|the\s+|your\s+|these\s+|my\s+)*(previous|prior|above|earlier|preceding|system|other)?\s*(instruction|prompt|rule|message|direction|guideline|context)` +
	`|(system|developer|hidden|initial)\s*(prompt|instruction|message)|you\s+are\s+now\b|new\s+instructions?\s*:|^\s*(system|assistant|user|developer)\s*[:：]` +
	`|\b(reply|respond|answer|say|output|print|repeat|write)\s+(only\s+|exactly\s+|with\s+)*["'“‘「]|\b(as|pretend\s+to\s+be|act\s+as)\s+(an?\s+)?(ai|assistant|language\s+model|chatbot|dan)\b` +
	`|\b(ai|assistant|language\s+model|chatbot|llm)s?\b.{0,40}\b(must|should|please|have\s+to|need\s+to)\b|call\s+the\s+(tool|function)|<\|?/?(im_start|im_end|system|tool_call|inst)` +
	`|(忽略|无视|無視|忘记|忘記|不要理会|不要理會).{0,12}(指令|指示|提示|规则|規則|要求|内容|內容|对话|對話)|(系统|系統)(提示词?|提示詞|指令|消息|讯息|訊息)|你现在是|你現在是|从现在(开始|起)|從現在(開始|起)` +
	`|(请|請|必须|必須|务必|務必|只需?|直接)(回答|回复|回覆|说|說|输出|輸出|重复|重複|写|寫)\s*[:：“「"『']|(人工智能|语言模型|語言模型|大模型|AI|助手|聊天机器人|聊天機器人).{0,16}(必须|必須|应当|應當|务必|務必|请|請)|调用(工具|函数)|調用(工具|函數)`)

// Instructs reports whether a sentence of a page speaks to the model that reads it.
func Instructs(sentence string) bool {
	return instructs.MatchString(strings.TrimSpace(Clean(sentence)))
}

// Clean takes out of a text what readers do not see: control characters, characters without width, marks that
// turn its direction, tags and variation selectors.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if hidden(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "�"))
}

func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xad, r == 0x34f, r == 0x61c, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x3164, r == 0xffa0, r == 0xfeff, r == 0xfffe, r == 0xffff:
		return true
	case r >= 0x180b && r <= 0x180f, r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r >= 0xfe00 && r <= 0xfe0f, r >= 0xfff0 && r <= 0xfffb:
		return true
	case r >= 0xe0000 && r <= 0xe0fff, r >= 0xf0000:
		return true
	}
	return false
}
