package sample

// A kind of thing that pages tell about. Each aspect is one sentence in several
// wordings; {n} is the thing's name, {p} a place, {y} a year, {a} and {b}
// numbers, {w} a person, {m} a month.
type kind struct {
	name    string // in the title
	aspects [][]string
}

// zhKinds are the kinds of the Chinese pages, in simplified characters.
var zhKinds = []kind{
	{"河", [][]string{
		{"{n}发源于{p}西北的山地，流经三个县，全长{a}公里，流域面积约{b}平方公里。", "全长{a}公里的{n}是{p}一带最重要的水系，当地人把它的上游叫作小清水。", "从{p}的高山湿地算起，{n}一路向东走了{a}公里，最后汇入大江。"},
		{"{y}年的一次测量表明，枯水季节河面最窄处只有{a}米，而雨季可以宽到{b}米以上。", "水文站自{y}年起每天记录水位，最高的一次比平常高出{a}厘米。", "{y}年夏天连续下了{a}天的雨，下游的堤岸因此重修过一次。"},
		{"两岸种着水稻和油菜，渔民在浅滩上养鸭，傍晚时能看见成群的白鹭落在田埂上。", "沿河的村子多以打鱼和榨油为生，旧码头的石阶上还留着缆绳磨出的沟。", "河湾里长满芦苇，冬天割下来编席子，是附近人家的一笔收入。"},
		{"{w}在游记里写过，他乘船走了{a}天才看见第一座石桥。", "据{w}考证，河名最早见于{y}年的一块界碑，字迹至今可以辨认。", "当地小学的课本里收了{w}的一篇短文，讲的就是涨水那年全村人搬家的事。"},
		{"近年上游恢复了{b}亩湿地，水变清了，消失多年的几种小鱼又被人看见。", "{y}年以后沿岸的砖厂陆续关闭，水质从第四类改善到第二类。", "志愿者每年{m}月沿河捡拾垃圾，{y}年一次就清理了{a}袋。"},
	}},
	{"桥", [][]string{
		{"{n}位于{p}，是一座{a}米长的石拱桥，建成于{y}年。", "{p}城南的{n}始建于{y}年，前后修过{b}次，桥身用的是本地青石。", "{y}年落成的{n}把{p}的新区和旧城连在了一起，全长{a}米。"},
		{"主拱跨度{a}米，两侧各开两个小拱，涨水时可以分走一部分水流。", "桥面宽{b}尺，原先只走行人和骡马，后来才铺上了可以过车的石板。", "工匠没有使用铁件，只靠石块之间的榫头咬合，{a}多年没有移位。"},
		{"栏板上刻着{b}只形态不同的小兽，雕工细密，有几只已被摸得发亮。", "桥头立着{w}题写的石碑，记下了捐款人的姓名和每家出的工。", "栏杆的纹样取自当地的蓝印花布，{w}为此画了整整一年的草稿。"},
		{"{y}年的洪水冲走了东边的引桥，居民用了{a}天搭起一座浮桥应急。", "战乱年代桥曾被拆去一孔，直到{y}年才按原样补齐。", "{y}年检测时发现三处裂缝，加固之后限重{b}吨。"},
		{"如今桥上禁止机动车通行，每天清晨有人在这里打拳、拉琴、卖早点。", "每到{m}月，桥下的集市能排出半里地，卖的多是竹器和干货。", "傍晚来看落日的人最多，摄影爱好者说{m}月的光线最好。"},
	}},
	{"茶", [][]string{
		{"{n}产于{p}海拔{a}米以上的山坡，每年只采一季春茶。", "{p}的土壤偏酸、雾日多，{n}就是在这样的地方慢慢长出来的。", "说到{p}，多数人先想到的是{n}，它在{y}年的品评会上得过头名。"},
		{"采摘的标准是一芽两叶，熟练的茶农一天大约能采{a}两鲜叶。", "清晨露水干了以后才开始采，到中午就要全部送进作坊摊晾。", "鲜叶摊放{b}个小时以后下锅，锅温要由老师傅用手背去试。"},
		{"杀青之后要揉捻三遍，再用炭火慢慢烘干，屋里整夜都有香气。", "{w}改良了烘焙的办法，把一次烘干改成三次，每次间隔{a}个小时。", "火候差一点，茶汤就会发涩，所以{w}坚持自己看火，从不让徒弟代劳。"},
		{"冲泡时水温在八十五度上下为好，第一泡只要{a}秒，之后每泡再加一些。", "好的{n}汤色浅黄，入口有一点苦，随后很快转甜。", "当地人用大碗喝茶，配炒黄豆和腌姜，一坐就是半天。"},
		{"{y}年成立的合作社有{b}户人家，统一收购，价格比从前高了三成。", "现在年产约{a}担，大半卖给老主顾，剩下的在镇上的铺子零售。", "年轻人开始在网上卖茶，{y}年的订单第一次超过了本地的销量。"},
	}},
	{"博物馆", [][]string{
		{"{n}设在{p}的一座旧粮仓里，{y}年对公众开放，现有藏品{a}件。", "{p}的{n}只有{b}间展室，却收齐了本地{a}年来的农具和账本。", "{y}年，几位退休教师凑钱办起了{n}，馆址就在{p}的老祠堂。"},
		{"最受欢迎的是一台还能转动的木制水车模型，孩子们可以亲手去摇。", "镇馆之宝是一部{y}年的手抄药方，纸边已经发脆，只在每年{m}月展出。", "一层讲粮食，二层讲织布，三层专门留给{w}捐赠的书信。"},
		{"讲解员多是附近的居民，他们会把自己家里的老故事也讲进去。", "{w}每周来两次，坐在门口替人辨认旧物，从不收钱。", "馆里不设围栏，只要洗过手，有些展品可以拿起来看。"},
		{"{y}年以来，平均每年接待{a}人，其中一半是学生。", "门票{b}元，六十岁以上的老人和孩子免费，逢{m}月延长两个小时。", "参观的高峰在{m}月，最多的一天来过{a}人。"},
		{"馆方正在把账本一页页扫描，计划用{b}年做成可以检索的目录。", "下一步准备修缮后院的磨坊，预算是{a}万元，已经筹到一半。", "志愿者为每件展品写了两种说明，一种给大人看，一种给孩子看。"},
	}},
	{"节", [][]string{
		{"{n}是{p}的传统节日，在农历{m}月举行，前后一共{b}天。", "每到{m}月，{p}的人就开始准备{n}，家家户户要先把院子扫干净。", "{p}的{n}据说从{y}年前后就有了，最初是为了谢雨。"},
		{"第一天的重头戏是抬鼓，{a}面鼓由少年人轮流抬着绕村三圈。", "入夜以后放河灯，{y}年那次一共放了{a}盏，水面像撒了一层碎金。", "赛船用的是平日打鱼的小船，每船{b}人，输的一方要请对方吃面。"},
		{"节日的食物有糯米糕、熏鱼和一种用野菜染绿的团子，做法各家不同。", "妇女们提前{b}天泡米磨浆，蒸出来的糕要先送给村里年纪最大的人。", "酒是去年冬天酿的，{w}家的酒最有名，常常第一天就喝光了。"},
		{"{w}在{y}年记下了鼓点的全部谱子，共{a}段，现在的孩子照着谱子学。", "因为会打鼓的人少了，学校从{y}年起开了一门课，由{w}来教。", "有一段时间节日停办，{y}年才由{w}等人重新张罗起来。"},
		{"现在外地的游客也来看热闹，镇上把停车场修到了村外，免得吵到老人。", "村里人并不介意客人跟着走，只要求不要跨过领头人手里的红绳。", "节后大家一起收拾，第二天清早街上已经看不出热闹过的样子。"},
	}},
	{"老街", [][]string{
		{"{n}在{p}的东门里，长{a}步，两边是两层的木楼，底层开店，楼上住人。", "沿着{p}的城墙走{a}步就到{n}，石板路中间被独轮车压出一道浅槽。", "{n}是{p}最早有电灯的街道，{y}年第一盏灯亮起来的时候，半城的人都来看。"},
		{"街口的铁匠铺传了{b}代，打的菜刀不上漆，买回去要自己抹油。", "{w}的裁缝店开了{a}年，墙上挂着从前的纸样，每张都写着客人的名字。", "最老的药铺有{a}个抽屉，伙计闭着眼也能找到要的那一味。"},
		{"清早先开门的是豆腐坊和茶馆，然后是修鞋的、配钥匙的，最后才是布店。", "到了下雨天，各家会把长凳搬到廊下，走路的人可以一直不打伞。", "中午街上很静，只有书店的猫在门槛上睡觉。"},
		{"{y}年有人提出拆街修路，居民写了{b}封信，最后路绕开了这里。", "{y}年的修缮换掉了{a}根朽木，却没有动任何一块老招牌。", "改造时把电线埋到了地下，{w}说这是{b}年来做得最对的一件事。"},
		{"现在有几家年轻人开的小店，卖陶器、旧书和手冲咖啡，和老铺子相处得不错。", "租金每年只许涨一点，这是街坊{y}年商量出来的规矩。", "周末游人多，平日仍旧是住户的街，孩子放学就在路中间踢球。"},
	}},
}

// enKinds are the kinds of the English pages.
var enKinds = []kind{
	{"River", [][]string{
		{"The {n} rises in the hills above {p} and runs for {a} kilometres before it meets the sea.", "With a length of {a} kilometres and a basin of {b} square kilometres, the {n} is the largest stream near {p}.", "Most maps of {p} show the {n} as a thin blue line, but in spring it is wide enough to carry timber."},
		{"A survey made in {y} found that the narrowest reach is only {a} metres across.", "Since {y} a gauge at the old mill has measured the level every hour; the record stands at {b} centimetres above normal.", "In {y} it rained for {a} days, and the embankment on the eastern side had to be built again."},
		{"Farmers on both banks grow barley and flax, and the meadows are flooded on purpose in winter.", "Herons nest in the willows, and otters, which had been gone for a generation, were seen again last year.", "The villages along the water lived from fishing and from weaving reeds into mats and baskets."},
		{"{w} described the voyage downstream in a book that is still read in the local schools.", "According to {w}, the name first appears on a boundary stone that was cut in {y}.", "The painter {w} came here every {m} for {b} years and always chose the same bend."},
		{"Volunteers restored {b} hectares of wetland, and the water has been clear enough to swim in since {y}.", "After the brickworks closed in {y} the quality of the water improved by two classes.", "Every {m} people from the valley walk the banks together and pick up what others have left behind."},
	}},
	{"Bridge", [][]string{
		{"The {n} is a stone bridge of {a} metres in {p}, finished in {y}.", "Built in {y} and repaired {b} times since, the {n} joins the two halves of {p}.", "Before the {n} was opened in {y}, people in {p} crossed by a rope ferry that held a dozen passengers."},
		{"Its main arch spans {a} metres, and two smaller openings let the floods pass.", "No iron was used: each block is cut so that its weight holds the next one in place.", "The deck is {b} feet wide, which was enough for two carts to pass if the drivers were polite."},
		{"The parapet carries {b} carved animals, some of them worn smooth by many hands.", "A tablet at the southern end lists everybody who gave money or days of work, among them {w}.", "{w} drew the pattern of the railings and is said to have thrown away a hundred sketches."},
		{"The flood of {y} took the approach on one side, and for {a} days a row of boats did its duty.", "During the war one arch was blown up; it was put back stone by stone in {y}.", "Engineers found three cracks in {y} and limited the load to {b} tonnes."},
		{"Cars have been banned for years, and in the evening the bridge belongs to musicians and people with dogs.", "A market is held beneath it every {m}, mostly for tools, seeds and second-hand books.", "Photographers say that the light is best in {m}, shortly after the rain has stopped."},
	}},
	{"Library", [][]string{
		{"The {n} in {p} was founded in {y} by the dockworkers' union with {a} books.", "What began in {y} as a shelf in a barber's shop is now the {n} of {p}, with {b} thousand volumes.", "{p} has had a reading room since {y}; the {n} moved into its present building {b} years later."},
		{"The reading room seats {a} people under a glass roof that is cleaned twice a year.", "Long tables of oak, green lamps and a clock that is always four minutes fast make up the main hall.", "Children have a floor of their own, with a slide that ends between the atlases and the comics."},
		{"{w} was the first librarian and wrote every catalogue card by hand, {a} of them in all.", "A gift of letters from {w} brought scholars from other countries to the town.", "Under {w} the house began to lend tools, seeds and musical instruments as well as books."},
		{"In {y} the cellar was flooded, and neighbours dried {a} volumes on clothes lines in the square.", "The council wanted to close it in {y}; after {b} thousand signatures the plan was dropped.", "Loans fell until {y}, then rose again when the opening hours were moved to the evening."},
		{"Two evenings a week retired teachers help newcomers with letters and forms, and nobody has to make an appointment.", "The staff is now scanning the town's newspapers, page by page, and expects to be done in {b} years.", "There is no fine for late returns, only a jar on the desk, and the jar brings in more than the fines did."},
	}},
	{"Railway", [][]string{
		{"The {n} linked {p} with the coast from {y} on and was {a} kilometres long.", "Opened in {y}, the {n} climbed {b} metres between the harbour and the terminus at {p}.", "Few lines were as short as the {n}, which served {p} and {b} villages on its way to the quarries."},
		{"The gauge was narrow because the valley left no room, and some curves had a radius of only {a} metres.", "Trains took {b} minutes for the whole distance, a little longer when there were sheep on the track.", "Three tunnels and {b} bridges had to be built, most of them by hand and in winter."},
		{"Its engineer, {w}, had never built a railway before and learnt the trade from a borrowed manual.", "The stations, all by {w}, are built of the same grey stone and have the same blue doors.", "{w} ran the ticket office at the upper end for {b} years and knew every passenger by name."},
		{"Traffic fell once the road was paved, and the last regular train ran in {y}.", "In {y} a landslide buried {a} metres of track, and the company never had the money to clear it.", "The line was electrified in {y}, one of the first of its size."},
		{"A society has restored the lower part and runs steam trains on Sundays from {m} to autumn.", "Much of the route is a cycle path today; the tunnels are lit, and bats have the right of way in winter.", "One of the carriages survives as a café, and the timetable on its wall still shows the times of {y}."},
	}},
	{"Orchard", [][]string{
		{"The {n} lies on a south-facing slope outside {p} and counts {a} old trees.", "Planted in {y}, the {n} near {p} holds {b} kinds of apple that are found nowhere else.", "When {w} bought the land at {p} in {y}, the {n} was a field of stones."},
		{"Pruning starts after the first frost and takes {b} people about three weeks.", "The grass beneath the trees is cut by sheep, which are led out again before the fruit begins to fall.", "Bees from {a} hives do most of the work in spring; without them the harvest would shrink by two thirds."},
		{"The best year on record was {y}, when {a} crates were filled and there was nobody left to buy them.", "A late frost in {y} killed the blossom, and people still speak of the silent summer that followed.", "In {y} the cellar was extended so that apples could be kept until {m}."},
		{"Cider is pressed in the old barn with a machine that {w} repaired with parts of a washing machine.", "Every kind has its use: one for baking, one for cider, one that must lie until {m} before it can be eaten.", "{w} keeps a book in which each tree has a page with its yields since {y}."},
		{"Visitors may pick what they can carry for a fixed price, and children are allowed to climb two of the trees.", "Courses in grafting are held each {m}; those who take part go home with a tree of their own.", "The cooperative that runs it has {b} members, and all decisions are taken at one long table."},
	}},
	{"Observatory", [][]string{
		{"The {n} stands at {a} metres above the sea on a ridge north of {p}.", "Founded in {y}, the {n} near {p} was for {b} years the only one in the province.", "Because the street lights of {p} grew brighter, the {n} moved to its present hill in {y}."},
		{"Its main telescope has a mirror of {b} centimetres, ground in the workshop next door.", "The dome turns on rails taken from a coal mine and can be moved by one person with a crank.", "Nights are counted in a ledger: on average {a} a year are clear enough to work."},
		{"{w} discovered a comet here in {y} after having looked for it for eleven winters.", "The catalogue of variable stars that {w} began in {y} is still continued by the students.", "Without {w}, who left the society a house, the instrument would have been sold."},
		{"A storm tore off the roof in {y}; the mirror, covered with a carpet, was not even scratched.", "In {y} the first electronic detector was fitted, built from parts that cost less than a bicycle.", "The photographic plates, {a} in number, were scanned in {y} and can be seen by everyone."},
		{"On Fridays the house is open to all, and if clouds come in the guide tells stories about failures.", "School classes stay overnight in {m}, measure the height of a crater, and sleep until noon.", "Its newest project asks neighbours to count stars with the naked eye and to report the number."},
	}},
}

// Parts of names of places, persons and things.
var (
	zhPlaces  = []string{"临溪", "白石", "青岭", "南浦", "云台", "桐乡里", "松坪", "安河", "石门湾", "柳林", "望江", "梅岭", "古渡", "长坪", "东篱"}
	zhPersons = []string{"沈老先生", "林秋白", "周师傅", "何素心", "陆远山", "范清和", "许大娘", "顾维舟", "叶知秋", "郑伯言"}
	zhFirst   = []string{"清", "龙", "白", "望", "凤", "碧", "安", "福", "云", "石", "竹", "松", "玉", "双", "金"}
	zhSecond  = []string{"溪", "泉", "山", "月", "湖", "林", "峰", "桥", "塘", "岩", "湾", "江", "浦", "源", "屏"}
	zhMonths  = []string{"正", "二", "三", "四", "五", "六", "七", "八", "九", "十"}
	enPlaces  = []string{"Harwick", "Lower Thornby", "Eastmarsh", "Pell Valley", "Corran", "St Alder", "Mossgate", "Upper Wendle", "Brackford", "Tiddlesea", "Oxmoor", "Fenwater", "Kilbrae", "Sandholm", "Quarrington"}
	enPersons = []string{"Agnes Whitlow", "Tobias Reed", "Mary Ellen Sorrel", "Dr Haldane Pike", "Joan Carraway", "Ibrahim Noor", "Clara Winterbourne", "Peter Osgood", "Ruth Abara", "Samuel Twelvetrees"}
	enFirst   = []string{"Alder", "Black", "Silver", "North", "Otter", "Stone", "Willow", "Raven", "Copper", "Green", "Amber", "Hollow", "Long", "Misty", "Bramble"}
	enSecond  = []string{"water", "field", "brook", "wood", "ridge", "mere", "dale", "moor", "cliff", "bank", "gate", "haven", "stead", "ford", "combe"}
	enMonths  = []string{"January", "February", "March", "April", "May", "June", "July", "September", "October", "November"}
)

// A question and the answers people gave.
type question struct {
	title, body string
	answers     []string
}

var zhQuestions = []question{
	{"阳台上的番茄为什么只开花不结果？", "我在{p}的阳台种了{b}棵番茄，开花已经{a}天了，可是花都落了，一个果子也没有。土是新换的，每天浇一次水。请问是哪里出了问题？", []string{
		"多半是授粉的问题。阳台上没有风也没有蜜蜂，中午前后用手指轻轻弹一下花梗，让花粉落到柱头上，连续弹几天就能看出差别。", "也要看氮肥是不是太多。叶子又大又绿、花却不停地掉，就先停氮肥，改用磷钾肥，同时把侧芽打掉。", "夜里温度超过二十四度时花粉会失去活力，只能等天气凉一点，或者把盆搬到通风的地方。"}},
	{"旧木门关不严，应该刨掉哪一边？", "家里的木门用了{a}年，一到{m}月就卡住，冬天又好了。师傅说要刨，可是我怕刨完以后缝太大，想先问问大家。", []string{
		"先别刨。雨季木头吸水会胀，等干燥的季节量一下门缝，如果冬天的缝正常，给门边和上下沿补一遍清漆，把水汽挡在外面就行。", "如果合页松了，门会往下坠，卡的是锁那一侧的下角。把合页的螺丝换长一号，问题常常就没有了。", "实在要刨，就刨装合页的一边，因为那一边看不见，刨多了还可以垫薄片补回来。"}},
	{"怎样给孩子解释为什么天是蓝的？", "六岁的女儿问我天为什么是蓝色的，我讲了{b}遍散射，她还是不懂。有没有更简单的办法？", []string{
		"拿一杯清水，滴几滴牛奶，用手电从侧面照。从旁边看水发蓝，从对面看光发黄，和白天、傍晚的天空一样，看过一次就记住了。", "可以说，阳光里藏着许多颜色，空气最爱跟蓝色玩，把它推来推去，推得满天都是；红色跑得快，一直跑到傍晚才被我们看见。", "不用急着一次讲完。孩子真正想要的是和你一起看天，答案可以过几年再补上。"}},
	{"骑车上坡总是没力气，是变速的问题吗？", "从{p}到单位有一段{a}米的坡，我每次骑到一半就要下来推。车是七速的，链条刚换过。", []string{
		"先看是不是换挡太晚。到坡底就要换到轻的挡位，保持脚踏的频率，不要等踩不动了才换，那时链条受力大，反而换不上去。", "座位太低也会没力气。脚跟踩到最低点时膝盖应该刚好伸直，调高一点试试，差别很大。", "胎压不够时上坡像在沙地里骑，用手捏捏不准，最好用气压表量。"}},
	{"想学书法，应该从哪一种字体开始？", "我今年{a}岁，以前没有基础，想每天抽半个小时练字。朋友有的说楷书，有的说隶书，拿不定主意。", []string{
		"从楷书开始最稳。笔画清楚，起笔收笔看得见，写坏了也知道坏在哪里。选一本喜欢的帖，一年之内不要换。", "隶书其实更适合成年人，用笔简单，结构横平竖直，几个星期就能写得像样，有了兴趣再回头练楷书也不迟。", "字体倒在其次，先把握笔和坐姿弄对，再买一支差不多的兼毫笔，纸用毛边纸就够了。"}},
}

var enQuestions = []question{
	{"Why does my sourdough spread instead of rising?", "I have baked {b} loaves since {m} and all of them end up flat. The starter doubles in about {a} minutes and smells fine. What am I missing?", []string{
		"It sounds over-proofed. Press a finger into the dough: if the dent stays, you have waited too long. Shape it when it has grown by half, not when it has doubled.", "Check the flour. A low-protein flour cannot hold the gas for that long, so either use a stronger one or take away about five per cent of the water.", "A cold oven is the other suspect. Heat the pot for a full hour, and put the lid on for the first twenty minutes."}},
	{"How do I stop a wooden gate from sagging?", "The gate to our yard in {p} is {b} years old and drags on the ground by the width of a thumb. I have already tightened the screws.", []string{
		"Fit a brace that runs from the bottom of the hinge side to the top of the latch side. Most people put it the other way round, and then it pushes the corner down instead of holding it.", "If the post itself leans, no brace will help. Dig it out, set it in gravel rather than in concrete, and it will stay straight and dry.", "Longer screws in the upper hinge are the cheapest try; the old ones have probably lost their grip."}},
	{"Is it worth repairing a radio from {y}?", "I found it in a cellar in {p}. The case is fine, the dial glows, but there is only a hum. A shop wants more than it cost.", []string{
		"A hum with no stations nearly always means dried-out capacitors in the power supply. They are cheap, and replacing them is an evening's work if you can solder.", "Please have somebody with experience look at it first, because these sets keep a dangerous voltage long after they are unplugged.", "Worth it in money, no. Worth it when the first voice comes out of it, certainly."}},
	{"What should a beginner note in a weather diary?", "My grandfather kept one for {a} years and I would like to go on with it, but his columns are full of signs I cannot read.", []string{
		"Temperature in the shade at the same hour, the amount of rain, the direction of the wind, and one sentence in your own words. The sentence is what you will read again.", "The signs are probably the old symbols for kinds of cloud. Most handbooks from before the war have a table of them on the inside of the cover.", "Whatever you choose, do not change the hour and the place, since a short series that is consistent is worth more than a long one that is not."}},
}

// Notices and spam, which a corpus should not keep.
var (
	zhStuffed = []string{"开锁", "搬家", "疏通下水道", "空调维修", "代开证明", "二手车回收", "防水补漏", "家电清洗", "网站优化", "快速贷款"}
	zhCities  = []string{"临溪", "白石", "青岭", "南浦", "云台", "松坪", "安河", "望江", "梅岭", "长坪", "柳林", "古渡"}
	enStuffed = []string{"cheap watches", "payday loan", "casino bonus", "replica bags", "weight loss pills", "essay writing service", "seo backlinks", "free coupon codes"}
	zhNovel   = []string{"他抬头看了看天色，乌云压得很低，远处的山只剩下一道影子。", "少年把剑收回鞘里，一句话也没有说，转身走进了雨中。", "客栈里的灯忽然灭了，掌柜的手停在算盘上。", "她笑了笑，把那封信放在火上，看着它一点点卷起来。", "“你到底是谁？”他问。没有人回答，只有风从门缝里吹进来。", "马蹄声越来越近，谷口的守卫已经举起了火把。"}
)

// traditional pairs each simplified character of the texts with its
// traditional form.
const traditional = "万萬专專东東丝絲两兩严嚴个個临臨为為举舉么麼乌烏乡鄉书書买買乱亂于於云雲产產亩畝亲親从從仓倉们們价價众眾优優伙夥会會伞傘传傳体體侧側儿兒关關兴興养養兽獸内內写寫农農冲沖净淨准準凉涼凑湊几幾凤鳳划劃刚剛别別剑劍办辦动動劳勞区區单單卖賣卫衛却卻厂廠历曆压壓厘釐县縣参參双雙发發变變台臺叶葉号號后後吗嗎吨噸员員团團围圍场場坏壞块塊坚堅坠墜垫墊墙牆声聲处處备備复復够夠头頭妇婦学學宝寶实實宽寬对對层層屉屜岁歲岭嶺师師带帶干乾并並应應开開张張弹彈当當录錄态態总總愿願戏戲战戰户戶扫掃担擔挂掛挡擋捡撿换換据據摄攝摇搖摊攤数數旧舊时時机機杀殺条條来來构構柜櫃标標栈棧栏欄样樣桥橋检檢楼樓槛檻横橫欢歡气氣汇匯汤湯沟溝没沒浅淺浆漿浇澆测測涨漲涩澀渔漁温溫湾灣湿溼满滿滩灘灭滅灯燈点點热熱熏燻爱愛独獨猫貓现現电電画畫盏盞盖蓋盘盤码碼砖磚础礎种種积積稳穩竖豎笔筆筹籌简簡篱籬类類粮糧红紅约約纪紀纸紙纹紋线線练練细細织織经經结結绕繞给給统統续續绳繩维維绿綠缆纜编編缝縫缮繕网網罗羅胀脹脚腳腌醃节節芦蘆苇葦范範药藥蓝藍补補装裝见見观觀规規觉覺计計订訂认認让讓记記讲講许許设設证證评評试試话話该該说說请請课課谁誰调調谢謝谱譜账賬货貨质質购購贷貸费費赛賽赠贈车車转轉轮輪轻輕输輸边邊过過还還这這进進远遠连連迟遲迹跡适適选選郑鄭酿釀采採释釋钥鑰钱錢钾鉀铁鐵铺鋪链鏈销銷锁鎖锅鍋错錯镇鎮长長门門闭閉问問间間闹鬧阳陽阶階陆陸随隨隶隸雾霧静靜页頁顾顧预預领領频頻题題颜顏风風馆館马馬骑騎骡騾鱼魚鲜鮮鸭鴨鹭鷺黄黃齐齊龙龍"
