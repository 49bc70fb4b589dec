package charset

import (
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"feilun/internal/testkit"
)

// texts are paragraphs written for these tests, one for each legacy encoding.
var texts = []struct{ name, text string }{
	{"gb18030", "飞轮是一个程序，它把网页变成语料，再用语料训练模型。我们先看页面的编码，再看正文。"},
	{"big5", "飛輪是一個程式，它把網頁變成語料，再用語料訓練模型。我們先看頁面的編碼，再看正文。"},
	{"shift_jis", "フライホイールは一つのプログラムです。ページを読み、文章を取り出して、モデルを学習します。"},
	{"euc-jp", "フライホイールは一つのプログラムです。ページを読み、文章を取り出して、モデルを学習します。"},
	{"iso-2022-jp", "フライホイールは一つのプログラムです。ページを読み、文章を取り出します。"},
	{"euc-kr", "이 프로그램은 웹 페이지를 읽고 본문을 뽑아서 모델을 학습합니다. 먼저 문자 집합을 정합니다."},
	{"windows-1251", "Маховик читает страницы, находит в них текст и учит на нём модель. Сначала он узнаёт кодировку."},
	{"koi8-r", "Маховик читает страницы, находит в них текст и учит на нём модель. Сначала он узнаёт кодировку."},
	{"windows-1252", "Le volant lit des pages, y trouve le texte et entraîne un modèle. C’est l’été : même là-bas, ça va très bien, déjà prêt à créer."},
	{"windows-1250", "Program čte stránky, najde v nich text a učí na něm model. Nejdřív zjistí kódování, pak příliš žluťoučký kůň úpěl."},
	{"windows-1253", "Το πρόγραμμα διαβάζει σελίδες, βρίσκει το κείμενο και εκπαιδεύει ένα μοντέλο."},
	{"windows-1254", "Program sayfaları okur, içindeki yazıyı bulur ve bir model eğitir. Önce kodlamayı öğrenir, şimdi değil."},
	{"windows-1255", "התוכנית קוראת דפים, מוצאת בהם את הטקסט ומאמנת מודל על פי הטקסט הזה."},
	{"windows-1256", "يقرأ البرنامج الصفحات ويجد فيها النص ثم يدرب نموذجا على هذا النص."},
	{"windows-1257", "Programa skaito puslapius, randa juose tekstą ir moko modelį. Pirmiausia ji sužino koduotę, žmonės čia gyvena šiandien."},
	{"windows-874", "โปรแกรมอ่านหน้าเว็บ หาข้อความ แล้วฝึกแบบจำลองจากข้อความนั้น"},
	{"utf-16le", "<p>飞轮 reads pages</p><p>and trains a model from their text</p>"},
	{"utf-16be", "<p>飞轮 reads pages</p><p>and trains a model from their text</p>"},
	{"utf-32le", "<p>飞轮 reads pages</p><p>and trains a model from their text</p>"},
}

// encode writes text in an encoding.
func encode(tb testing.TB, name, text string) []byte {
	tb.Helper()
	enc := encodingOf(name)
	if enc == nil {
		return []byte(text)
	}
	b, err := enc.NewEncoder().Bytes([]byte(text))
	if err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	return b
}

func TestStatistics(t *testing.T) {
	var d Decoder
	for _, tt := range texts {
		page := tt.text
		if !strings.HasPrefix(tt.name, "utf") {
			page = "<html><body><p class=x>" + tt.text + "</p></body></html>"
		}
		text, name, why := d.Decode(encode(t, tt.name, page), "")
		if name != tt.name || why != WhyStatistics || string(text) != page {
			t.Errorf("%s: got %s by %s: %q", tt.name, name, why, text)
		}
	}
}

func TestEvidence(t *testing.T) {
	zh, big5 := texts[0].text, texts[1].text
	gbk := string(encode(t, "gb18030", zh))
	for _, tt := range []struct{ about, body, contentType, name, why string }{
		{"nothing", "", "", "utf-8", WhyDefault},
		{"ascii", "plain", "", "utf-8", WhyDefault},
		{"ascii, declared", "plain", "text/html; charset=GBK", "gb18030", WhyHeader},
		{"mark beats header", "\xef\xbb\xbf" + zh, "text/html; charset=gbk", "utf-8", WhyBOM},
		{"mark of UTF-16", "\xff\xfea\x00", "", "utf-16le", WhyBOM},
		{"header", gbk, `text/html; Charset="gb2312"`, "gb18030", WhyHeader},
		{"header in vain", gbk, "text/html; charset=ISO-8859-1", "gb18030", WhyStatistics},
		{"header in vain, meta right", "<meta charset=gbk>" + gbk, "text/html; charset=ISO-8859-1", "gb18030", WhyMeta},
		{"http-equiv", `<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=gb_2312-80">` + gbk, "", "gb18030", WhyMeta},
		{"XML declaration", `<?xml version="1.0" encoding='GBK'?>` + gbk, "", "gb18030", WhyMeta},
		{"declaration in a comment", `<!-- <meta charset=big5> -->` + gbk, "", "gb18030", WhyStatistics},
		{"utf-8 declared, other bytes", `<meta charset=utf-8>` + gbk, "text/html; charset=utf-8", "gb18030", WhyStatistics},
		{"other declared, utf-8 bytes", `<meta charset=gbk>` + zh, "", "utf-8", WhyUTF8},
		{"the label unicode", `<meta charset=unicode>` + zh, "", "utf-8", WhyUTF8},
		{"utf-16 in meta", `<meta charset=utf-16>` + zh, "", "utf-8", WhyMeta},
		{"wrong East Asian label", `<meta charset=gb2312>` + string(encode(t, "big5", big5)), "", "big5", WhyStatistics},
		{"big5-hkscs", string(encode(t, "big5", big5)), "text/html;charset=Big5-HKSCS", "big5", WhyHeader},
		{"utf-8 cut short", zh[:len(zh)-1], "", "utf-8", WhyUTF8},
		{"utf-8 with a stray byte", zh + "\xa0" + zh, "", "utf-8", WhyUTF8},
		{"two characters that could be both", "<p>\xc1\xaa\xcd\xa8</p>", "text/html; charset=gbk", "gb18030", WhyHeader},
		{"hz", "~{;6S-~} and ~{TZ~}", "", "hz-gb-2312", WhyStatistics},
		{"tilde and brace", "a ~{ b", "", "utf-8", WhyDefault},
	} {
		if name, why := Detect([]byte(tt.body), tt.contentType); name != tt.name || why != tt.why {
			t.Errorf("%s: got %s by %s, want %s by %s", tt.about, name, why, tt.name, tt.why)
		}
	}
}

// TestDecodeShares checks that UTF-8 comes back as the same bytes and that other
// pages reuse the buffer.
func TestDecodeShares(t *testing.T) {
	var d Decoder
	body := []byte("飞轮")
	if got, _, _ := d.Decode(body, ""); &got[0] != &body[0] {
		t.Error("valid UTF-8 was copied")
	}
	gbk := encode(t, "gb18030", texts[0].text)
	d.Decode(gbk, "text/html; charset=gbk")
	if n := testing.AllocsPerRun(10, func() { d.Decode(body, "") }); n != 0 {
		t.Errorf("%v allocations for UTF-8, want 0", n)
	}
}

func TestInvalidBytes(t *testing.T) {
	var d Decoder
	for _, tt := range []struct{ body, contentType, want string }{
		{"飞轮是一个程序，它把网页变成\xff语料", "", "飞轮是一个程序，它把网页变成\uFFFD语料"},
		{"\xff\xfea\x00\x00", "", "a\uFFFD"},
	} {
		if got, _, _ := d.Decode([]byte(tt.body), tt.contentType); string(got) != tt.want {
			t.Errorf("Decode(%q) = %q, want %q", tt.body, got, tt.want)
		}
	}
}

// TestPairs compares the table decoders with x/text over every pair of bytes.
func TestPairs(t *testing.T) {
	for _, tt := range []struct {
		name string
		p    *pairs
	}{{"gb18030", gb18030Pairs()}, {"big5", big5Pairs()}} {
		dec := tt.p.enc.NewDecoder()
		for lead := 0x80; lead < 0x100; lead++ {
			for b := range 0x100 {
				in := []byte{'a', byte(lead), byte(b), '0', '.', '.'}
				want, err := tt.p.enc.NewDecoder().Bytes(in)
				if err != nil {
					t.Fatal(err)
				}
				got := tt.p.append(nil, dec, in)
				if string(got) != string(want) && strings.Count(string(want), "\uFFFD") == 0 {
					t.Errorf("%s %x: %q, x/text says %q", tt.name, in, got, want)
				}
				if !utf8.Valid(got) {
					t.Errorf("%s %x: %q is not UTF-8", tt.name, in, got)
				}
			}
		}
		text := "四字节：\u3400\U00020000 €ß"
		if tt.name == "gb18030" {
			if got := tt.p.append(nil, dec, encode(t, tt.name, text)); string(got) != text {
				t.Errorf("got %q, want %q", got, text)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, tt := range texts {
		f.Add(encode(f, tt.name, tt.text), "text/html; charset="+tt.name)
		f.Add(encode(f, tt.name, "<meta charset="+tt.name+">"+tt.text), "")
	}
	f.Add([]byte("\xff\xfe\x00\x00"), "")
	f.Add([]byte("~{~}\x1b$B"), "charset")
	f.Add([]byte("<meta charset=replacement><?xml encoding"), "text/html; charset=utf-7")
	var d Decoder
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		kept := string(body)
		text, name, why := d.Decode(body, contentType)
		if !utf8.Valid(text) {
			t.Errorf("not UTF-8: %q", text)
		}
		if string(body) != kept {
			t.Error("the page was changed")
		}
		if name != "utf-8" && encodingOf(name) == nil {
			t.Errorf("no decoder for %q", name)
		}
		if n, w := Detect(body, contentType); n != name || w != why {
			t.Errorf("Detect says %s by %s, Decode %s by %s", n, w, name, why)
		}
		if len(text) > 4*len(body)+8 {
			t.Errorf("%d bytes became %d", len(body), len(text))
		}
	})
}

func benchmark(b *testing.B, body []byte, contentType string) {
	var d Decoder
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	start := testkit.CPUTime().Seconds()
	for b.Loop() {
		d.Decode(body, contentType)
	}
	b.ReportMetric(float64(len(body))*float64(b.N)/1e6/(testkit.CPUTime().Seconds()-start), "cpu-MB/s")
}

const markup = "<li class=\"item\"><a href=\"https://page.example/one/two\">read more about it</a></li>\n"

func BenchmarkASCII(b *testing.B) { benchmark(b, []byte(strings.Repeat(markup, 600)), "") }

func BenchmarkUTF8(b *testing.B) {
	benchmark(b, []byte(strings.Repeat(markup+texts[0].text, 300)), "")
}

func BenchmarkGB18030Declared(b *testing.B) {
	benchmark(b, encode(b, "gb18030", strings.Repeat(markup+texts[0].text, 300)), "text/html; charset=gbk")
}

func BenchmarkGB18030Undeclared(b *testing.B) {
	benchmark(b, encode(b, "gb18030", strings.Repeat(markup+texts[0].text, 300)), "")
}

func Benchmark1251Undeclared(b *testing.B) {
	benchmark(b, encode(b, "windows-1251", strings.Repeat(markup+texts[6].text, 300)), "")
}

func TestUnmarked(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"a", "a"},
		{"\ufeff", ""},
		{"\ufeff[1]\n", "[1]\n"},
		{"\ufeff\ufeffa", "\ufeffa"},
		{"a\ufeff", "a\ufeff"},
		{"飞轮", "飞轮"},
	} {
		if got, err := io.ReadAll(Unmarked(strings.NewReader(tt.in))); string(got) != tt.want || err != nil {
			t.Errorf("Unmarked(%q) reads %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
}
