package fetch

import (
	"strings"
	"testing"
)

func TestVisible(t *testing.T) {
	for _, in := range []string{
		`<p hidden>MARK</p>`, `<div style="display: none">MARK</div>`, `<div style="DISPLAY:NONE"><p>MARK</p></div>`, `<span style="font-size:0">MARK</span>`, `<span style="font-size:0px;color:red">MARK</span>`,
		`<span style="opacity:0">MARK</span>`, `<p style="visibility:hidden">MARK`, `<p aria-hidden="true">MARK`, `<p style="position:absolute;left:-9999px">MARK`, `<p style="text-indent:-5000px">MARK`,
		`<!-- MARK -->`, `<template>MARK</template>`, `<style>.x, #y{color:red;display:none}</style><p class="a x">MARK</p>`, `<style>#y{display:none}</style><p id=y>MARK</p>`, `<noscript>MARK</noscript>`,
	} {
		if got := string(Visible([]byte("<body><p>seen</p>" + in + "<p>also seen</p>"))); strings.Contains(got, "MARK") || !strings.Contains(got, "seen") {
			t.Errorf("Visible(%s) = %s", in, got)
		}
	}
	for _, in := range []string{`<p style="font-size:0.9em">SEEN`, `<p style="opacity:0.8">SEEN`, `<p style="left:-5px">SEEN`, `<body style="visibility:hidden">SEEN`, "<p>\xd6\xd0\xce\xc4 SEEN"} {
		if got := string(Visible([]byte(in))); !strings.Contains(got, "SEEN") {
			t.Errorf("Visible(%s) = %s", in, got)
		}
	}
	if got := string(Visible([]byte("<p>\xd6\xd0\xce\xc4"))); !strings.Contains(got, "\xd6\xd0\xce\xc4") {
		t.Errorf("bytes of another encoding became %q", got)
	}
}

func FuzzVisible(f *testing.F) {
	f.Add([]byte("<p hidden>a<style>.x{display:none}</style><div class=x>"))
	f.Fuzz(func(t *testing.T, page []byte) { Visible(page) })
}
