package wikitext

import "strings"

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// extension tags hold content that is not markup of the page. Those without a
// case in Parser.extension are dropped with what they hold.
var extension = set(`nowiki pre code tt syntaxhighlight source math chem ce poem ref references gallery timeline score
	graph templatedata templatestyles imagemap hiero mapframe maplink inputbox categorytree indicator includeonly
	languages rss dynamicpagelist phonos style script`)

// htmlTags are the tags that MediaWiki lets pass, and those of page parts.
var htmlTags = set(`abbr b bdi bdo big blockquote br caption center cite data dd del dfn div dl dt em font h1 h2 h3 h4
	h5 h6 hr i ins kbd li link mark meta ol p q rb rp rt rtc ruby s samp small span strike strong sub sup table td th
	time tr tbody thead tfoot u ul var wbr noinclude onlyinclude section translate tvar a img`)

var schemes = set(`http https ftp ftps sftp mailto news irc ircs git svn magnet gopher telnet nntp worldwind tel sms
	urn geo xmpp bitcoin redis mms sip sips ssh`)

var variants = set(`zh zh-hans zh-hant zh-cn zh-tw zh-hk zh-mo zh-sg zh-my sr-ec sr-el sr sr-cyrl sr-latn kk kk-cyrl
	kk-latn kk-arab ku ku-latn ku-arab uz uz-latn uz-cyrl tg tg-cyrl tg-latn iu iu-cans iu-latn gan gan-hans gan-hant
	shi shi-tfng shi-latn crh crh-cyrl crh-latn ban ban-bali en-x-piglatin`)

// hiddenNames are the names of the namespaces File and Category in the
// languages of large wikis; Media links show words.
var hiddenNames = set(`file image category 文件 檔案 档案 图像 圖像 图片 圖片 分类 分類 ファイル 画像 カテゴリ 파일 그림 분류
	datei bild kategorie fichier catégorie archivo imagen categoría файл изображение категория immagine categoria
	ficheiro imagem bestand afbeelding categorie plik grafika kategoria fil kategori dosya hình tập_tin thể_loại ملف تصنيف
	soubor obrázok kép kategória ไฟล์ หมวดหมู่ berkas`)

// languageCode holds the prefixes of links to the same page in another
// language.
var languageCode = set(`aa ab ace ady af ak als am an ang ar arc arz as ast atj av avk awa ay az azb ba ban bar bat-smg
	bcl be be-tarask be-x-old bg bh bi bjn bm bn bo bpy br bs bug bxr ca cbk-zam cdo ce ceb ch cho chr chy ckb co cr crh
	cs csb cu cv cy da de din diq dsb dty dv dz ee el eml en eo es et eu ext fa ff fi fiu-vro fj fo fr frp frr fur fy ga
	gag gan gd gl glk gn gom gor got gu gv ha hak haw he hi hif ho hr hsb ht hu hy hyw hz ia id ie ig ii ik ilo inh io is
	it iu ja jam jbo jv ka kaa kab kbd kbp kg ki kj kk kl km kn ko koi kr krc ks ksh ku kv kw ky la lad lb lbe lez lfn lg
	li lij lmo ln lo lrc lt ltg lv mai map-bms mdf mg mh mhr mi min mk ml mn mnw mr mrj ms mt mus mwl my myv mzn na nah
	nap nds nds-nl ne new ng nl nn no nov nqo nrm nso nv ny oc olo om or os pa pag pam pap pcd pdc pfl pi pih pl pms pnb
	pnt ps pt qu rm rmy rn ro roa-rup roa-tara ru rue rw sa sah sat sc scn sco sd se sg sh shn si simple sk sl sm smn sn
	so sq sr srn ss st stq su sv sw szl szy ta tcy te tet tg th ti tk tl tn to tpi tr ts tt tum tw ty tyv udm ug uk ur uz
	ve vec vep vi vls vo wa war wo wuu xal xh xmf yi yo za zea zh zh-classical zh-min-nan zh-yue zu`)

// disambiguations are templates of pages that only tell meanings apart.
var disambiguations = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.SplitSeq(`disambig,disambiguation,disamb,dab,hndis,geodis,numberdis,hospitaldis,mathdab,mil-unit-dis,
schooldis,human name disambiguation,geographical location disambiguation,airport disambiguation,biology disambiguation,
call sign disambiguation,chinese title disambiguation,letter-numbercombdisambig,letter-number combination disambiguation,
place name disambiguation,road disambiguation,station disambiguation,surname,given name,消歧义,消歧義,消歧义页,消歧義頁,人名消歧义,
人名消歧義,地名消歧义,地名消歧義,道路消歧义,道路消歧義,车站消歧义,車站消歧義,學校消歧義,学校消歧义,begriffsklärung,homonymie,desambiguación,
disambigua,desambiguação,неоднозначность,aimai,曖昧さ回避,동음이의`, ",") {
		m[strings.TrimSpace(w)] = true
	}
	return m
}()

// appendices are headings of sections that list sources and links.
var appendices = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.SplitSeq(`references,notes,notes and references,references and notes,footnotes,citations,sources,
works cited,bibliography,further reading,external links,external link,see also,explanatory notes,general references,
参考文献,參考文獻,参考资料,參考資料,参考来源,參考來源,参考,參考,参考书目,參考書目,外部链接,外部連結,外部鏈接,外部连接,外部連接,参见,參見,
参看,參看,另见,另見,相关条目,相關條目,注释,註釋,注釋,注解,註解,备注,備註,脚注,腳註,资料来源,資料來源,扩展阅读,延伸阅读,延伸閱讀,
进一步阅读,相关链接,參考資料與註釋,注释与参考文献,来源,來源,einzelnachweise,weblinks,literatur,siehe auch,références,
liens externes,voir aussi,notes et références,referencias,enlaces externos,véase también,примечания,ссылки,литература,
см. также,脚注,関連項目,外部リンク,出典`, ",") {
		m[strings.TrimSpace(w)] = true
	}
	return m
}()

// functions are parser functions without a number sign.
var functions = set(`lc uc lcfirst ucfirst formatnum plural padleft padright urlencode anchorencode localurl fullurl
	canonicalurl filepath ns nse int displaytitle defaultsort defaultsortkey defaultcategorysort grammar gender bidi
	pagesincategory pagesize protectionlevel numberofarticles special raw msg msgnw
	noexternallanglinks 预设排序 默认排序 預設排序 显示标题 顯示標題`)
