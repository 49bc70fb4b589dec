package inspect

import "strings"

// aboutChinese is what the shipped recipes say of themselves, in Chinese, by what they say in English: a recipe that
// somebody changed and described anew speaks for itself.
func aboutChinese() map[string]string {
	return map[string]string{
		"C4: lines that end like sentences, pages of at least five sentences, no code, no filler text, no bad words; one copy of each repeated line.":                      "C4：只留结尾像句子的行和至少五句的网页，去掉代码、占位文字和脏词；重复的行只留一份。",
		"CCNet: WET text, lines that occur twice removed everywhere, languages by lid.176, perplexity by a model of Wikipedia: head, middle and tail.":                     "CCNet：WET 文本，出现两次的行一律去掉，用 lid.176 判别语言，按维基百科模型的困惑度分为头、中、尾三档。",
		"DCLM-baseline: RefinedWeb's rules by DCLM's operators, paragraphs and documents seen before out by 13-grams, the best tenth by a fastText classifier.":            "DCLM-baseline：用 DCLM 的算子实现 RefinedWeb 的规则，按 13 元组去掉见过的段落和文档，再由 fastText 分类器留下最好的一成。",
		"FineWeb, April 2024: Gopher, C4 without the line-end test, FineWeb's line tests in their first form, MinHash 14 x 8 on 5-grams.":                                  "FineWeb 2024 年 4 月版：Gopher 规则、不含行尾检查的 C4 规则、最初形式的 FineWeb 行规则，以及 5 元组上的 MinHash 14 × 8。",
		"FineWeb by today's datatrove: Gopher, C4 without the line-end test, FineWeb's line tests, MinHash 14 x 8 on 5-grams.":                                             "按如今的 datatrove 做 FineWeb：Gopher 规则、不含行尾检查的 C4 规则、FineWeb 行规则，以及 5 元组上的 MinHash 14 × 8。",
		"FineWeb2, Chinese: the published thresholds on jieba words, MinHash 14 x 8 on 5-grams.":                                                                           "FineWeb2 中文：在 jieba 分出的词上使用已公布的阈值，5 元组上的 MinHash 14 × 8。",
		"Gopher (MassiveText): quality and repetition rules for English, exact and near-duplicates by 13-grams at 0.8.":                                                    "Gopher（MassiveText）：英文的质量与重复规则，精确去重，以及 13 元组相似度 0.8 的近似去重。",
		"GPT-3: Common Crawl by a classifier and a Pareto draw, fuzzy duplicates out, mixed with WebText2, two corpora of books and Wikipedia for 300 B tokens.":           "GPT-3：用分类器和帕累托抽样筛选 Common Crawl，去掉近似重复，再与 WebText2、两个图书语料和维基百科混合成 300B 词元。",
		"RefinedWeb: the web alone, by addresses, Gopher's rules, line corrections, MinHash 450 x 20 on 5-grams and passages of 50 tokens cut.":                            "RefinedWeb：只用网页，按网址和 Gopher 规则筛选，修正行，5 元组上的 MinHash 450 × 20，并剪去 50 个词元的重复片段。",
		"A model of five million weights on books, articles and documentation in Chinese and English, against n-gram models of the same text on chapters no training saw.": "五百万参数的模型，用中英文书籍、文章和文档训练；在训练未见的章节上与同一文本的 n 元模型比较。",
		"The sample crawl inside the program through every stage: a first look that needs no data and no network.":                                                         "程序自带的示例抓取走完每个阶段：不需要数据和网络，可先看个大概。",
		"Chinese and English web pages: notices, parked domains, keyword pages, novel mirrors and repeats out; personal numbers masked. The recipe to start from.":         "中英文网页：去掉提示页、停放的域名、堆砌关键词的页面、小说镜像和重复内容，遮盖个人号码。建议从这个配方开始。",
	}
}

// AboutChinese returns a recipe's description in Chinese where it is that of a shipped recipe, else as it is.
func AboutChinese(about string) string {
	about = strings.Join(strings.Fields(about), " ")
	if zh, ok := aboutChinese()[about]; ok {
		return zh
	}
	return about
}
