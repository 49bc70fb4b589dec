package language

import (
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

func identifier(tb testing.TB) *Identifier {
	tb.Helper()
	m, err := Default()
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// TestIdentify asks about sentences written for it.
func TestIdentify(t *testing.T) {
	m := identifier(t)
	for _, tt := range []struct{ text, language, script string }{
		{"The old mill by the river still grinds corn for the whole village every autumn.", "en", "Latn"},
		{"Die alte Mühle am Fluss mahlt noch immer jeden Herbst Korn für das ganze Dorf.", "de", "Latn"},
		{"Le vieux moulin au bord de la rivière moud encore le blé de tout le village.", "fr", "Latn"},
		{"El viejo molino junto al río todavía muele el trigo de todo el pueblo cada otoño.", "es", "Latn"},
		{"O velho moinho à beira do rio ainda mói o trigo de toda a aldeia no outono.", "pt", "Latn"},
		{"Il vecchio mulino vicino al fiume macina ancora il grano per tutto il paese.", "it", "Latn"},
		{"De oude molen aan de rivier maalt nog elke herfst het graan van het hele dorp.", "nl", "Latn"},
		{"Stary młyn nad rzeką każdej jesieni wciąż miele zboże dla całej wsi.", "pl", "Latn"},
		{"Vanha mylly joen varrella jauhaa yhä joka syksy koko kylän viljan.", "fi", "Latn"},
		{"A régi malom a folyó mellett még mindig minden ősszel őrli az egész falu gabonáját.", "hu", "Latn"},
		{"Nehir kenarındaki eski değirmen hâlâ her sonbaharda bütün köyün buğdayını öğütüyor.", "tr", "Latn"},
		{"Chiếc cối xay cũ bên bờ sông vẫn xay lúa cho cả làng vào mỗi mùa thu.", "vi", "Latn"},
		{"Старая мельница у реки каждую осень всё ещё мелет зерно для всей деревни.", "ru", "Cyrl"},
		{"Старий млин біля річки щоосені й досі меле зерно для всього села.", "uk", "Cyrl"},
		{"الطاحونة القديمة بجانب النهر لا تزال تطحن القمح لكل القرية في كل خريف.", "ar", "Arab"},
		{"नदी के किनारे की पुरानी चक्की आज भी हर साल पूरे गाँव का अनाज पीसती है।", "hi", "Deva"},
		{"Ο παλιός μύλος δίπλα στο ποτάμι αλέθει ακόμα το σιτάρι όλου του χωριού.", "el", "Grek"},
		{"הטחנה הישנה ליד הנהר עדיין טוחנת את החיטה של כל הכפר בכל סתיו.", "he", "Hebr"},
		{"โรงสีเก่าริมแม่น้ำยังคงสีข้าวให้คนทั้งหมู่บ้านทุกปี", "th", "Thai"},
		{"강가의 오래된 방앗간은 아직도 가을마다 온 마을의 곡식을 찧는다.", "ko", "Kore"},
		{"川辺の古い水車小屋は今でも毎年秋に村中の穀物を挽いている。", "ja", "Jpan"},
		{"河边的老磨坊每年秋天仍然给全村人磨粮食。", "zh", "Hans"},
		{"河邊的老磨坊每年秋天仍然給全村人磨糧食。", "zh", "Hant"},
		{"请先运行 docker compose up，然后打开 http://localhost:8080/index.html 查看页面。", "zh", "Hans"},
		{"請先執行 docker compose up，然後開啟 http://localhost:8080/index.html 檢視頁面。", "zh", "Hant"},
		{"用 Python 的 NumPy library 可以 import array 再 reshape", "zh", "Hans"},
		{"The word 飞轮 means flywheel, and it is written with two characters in every edition.", "en", "Latn"},
		{"ភាសាខ្មែរ មានអក្សរផ្ទាល់ខ្លួន", "km", "Khmr"},
	} {
		if got := m.Identify(tt.text); got.Language != tt.language || got.Script != tt.script || got.Confidence < 0.7 {
			t.Errorf("Identify(%q) = %+v, want %s-%s", tt.text, got, tt.language, tt.script)
		}
	}
}

func TestUnknown(t *testing.T) {
	m := identifier(t)
	for _, text := range []string{
		"", " \n\t", "12345 67.89 %", "!!! --- ***", "😀😀😀", "a", "ok", "文", "я",
		"kjhdfg wpqzxm vbnrtl ghkdfs", "xkcdq zzqjv wwqpk", "AAAAAAAAAAAAAAAAAAA", "йцвфы пшщзх жджэл",
		"3f786850e387550fdab836ed7e6dc881de23001b", "\xff\xfe\x00",
	} {
		if got := m.Identify(text); got.Language != Und || got.Confidence != 0 {
			t.Errorf("Identify(%q) = %+v, want und", text, got)
		}
	}
}

// TestLong checks that a long document is sampled: what counts is the body.
func TestLong(t *testing.T) {
	m := identifier(t)
	menu := strings.Repeat("Home Products Services About Contact ", 20)
	body := strings.Repeat("河边的老磨坊每年秋天仍然给全村人磨粮食，轮子转得很慢。\n", 4000)
	if got := m.Identify(menu + body + menu); got.Language != "zh" || got.Script != "Hans" {
		t.Errorf("a long page with English menus is %+v, want zh-Hans", got)
	}
	var spans [windows]string
	size := 0
	for _, s := range sample(spans[:0], body) {
		if !utf8.ValidString(s) {
			t.Errorf("a window cuts a character: %q…", s[:9])
		}
		size += len(s)
	}
	if size > windows*windowSize {
		t.Errorf("%d bytes sampled, want at most %d", size, windows*windowSize)
	}
}

func TestClonesAgree(t *testing.T) {
	m := identifier(t)
	texts := []string{
		"Chaque matin nous marchons jusqu'au marché.", "Každé ráno chodíme pěšky na trh do města.",
		"我们每天早上步行去市场。", "Každé ráno chodíme pešo na trh do mesta, kde predávajú ovocie.",
	}
	want := make([]Result, len(texts))
	for i, s := range texts {
		want[i] = m.Identify(s)
	}
	var wg sync.WaitGroup
	for range 4 {
		c := m.Clone()
		wg.Go(func() {
			for k := range 200 {
				if got := c.Identify(texts[k%len(texts)]); got != want[k%len(texts)] {
					t.Errorf("a clone answers %+v, want %+v", got, want[k%len(texts)])
				}
			}
		})
	}
	wg.Wait()
}

func TestAllocs(t *testing.T) {
	m := identifier(t)
	text := strings.Repeat("The old mill by the river still grinds corn. 河边的老磨坊。", 50)
	m.Identify(text)
	if n := testing.AllocsPerRun(50, func() { m.Identify(text) }); n != 0 {
		t.Errorf("Identify allocates %v times", n)
	}
}

func TestLanguagesInModel(t *testing.T) {
	s := identifier(t).shared
	seen := map[string]bool{}
	for _, g := range s.groups {
		if g != nil {
			for _, l := range g.Languages {
				seen[l] = true
			}
		}
	}
	for _, l := range []string{"af", "zu", "be", "uk", "ar", "ur", "hi", "mr", Und} {
		if !seen[l] {
			t.Errorf("the model does not know %q", l)
		}
	}
}
