package fasttext

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"testing/iotest"
)

// FuzzTrain reads any bytes as training text. What is trained loads again, and
// neither threads nor the sizes of reads change it.
func FuzzTrain(f *testing.F) {
	f.Add(twoLabels(), byte(3), byte(2), byte(3))
	f.Add(odd(), byte(1), byte(1), byte(0))
	f.Add([]byte("__label__a </s>\n\n</s> __label__b\r\x00b"), byte(4), byte(3), byte(1))
	f.Add([]byte("__label__a b"), byte(2), byte(1), byte(0))
	f.Fuzz(func(t *testing.T, text []byte, loss, words, characters byte) {
		a := DefaultTrainArgs()
		a.Dim, a.Epochs, a.Bucket, a.Negatives = 3, 2, 17, 2
		a.Loss, a.WordNgrams, a.MinN, a.MaxN = 1+int(loss%4), 1+int(words%4), 1, int(characters%5)
		m, err := Train(context.Background(), a, opener(text), nil)
		if err != nil {
			return
		}
		file := trainBytes(t, a, text)
		if _, err := Load(bytes.NewReader(file), int64(len(file))); err != nil {
			t.Fatalf("Load of a trained model: %v", err)
		}
		m.Predictor().Explain(string(text), m.Labels()[0], 3)
		a.Threads = 2
		two := trainBytes(t, a, text)
		a.Threads = 3
		if !bytes.Equal(two, trainBytes(t, a, text)) {
			t.Error("the number of threads changes the model")
		}
	})
}

// FuzzLines compares reading byte by byte with splitting the whole text.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a\n\nb"))
	f.Add([]byte("\n"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, text []byte) {
		l := &lineReader{r: iotest.OneByteReader(bytes.NewReader(text)), buf: make([]byte, 1)}
		var got []byte
		for {
			line, ended, err := l.next()
			if err != nil {
				break
			}
			if got = append(got, line...); ended {
				got = append(got, '\n')
			} else if len(line) == 0 {
				t.Error("an empty line without an end")
			}
		}
		if !bytes.Equal(got, text) {
			t.Errorf("lines of %q are %q", text, got)
		}
	})
}

// FuzzAppendLine checks that a document has the same features in training as
// in prediction, and the one label.
func FuzzAppendLine(f *testing.F) {
	for _, s := range []string{"a b", "a\nb", "a </s> b", "__label__b c", " \x00 ", sample} {
		f.Add(s)
	}
	m, err := Train(context.Background(), conformances()[1].args(), opener(twoLabels()), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := AppendLine(nil, "b", text)
		if n := bytes.Count(line, []byte("\n")); n != 1 || !bytes.HasSuffix(line, []byte("\n")) {
			t.Fatalf("%q has %d line feeds", line, n)
		}
		r, p := m.featurizer(), m.Predictor()
		r.line(line[:len(line)-1], 0, true)
		p.read(text)
		if !slices.Equal(r.rows, p.f.rows) || len(r.labels) != 1 {
			t.Errorf("line %q has rows %v and labels %v, its text %v", line, r.rows, r.labels, p.f.rows)
		}
	})
}
