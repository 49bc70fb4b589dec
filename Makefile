# make check is what a change must pass. Long runs are targets of their own.
BIN := $(CURDIR)/.bin
STATICCHECK := $(BIN)/staticcheck
FUZZTIME ?= 10m
RACE ?= $(shell command -v gcc >/dev/null 2>&1 && echo 1)

.PHONY: check fmt vet lint race docs build test fuzz bench tools sample clients clients-install soak soak-short web web-test web-check

check: fmt vet lint docs race

fmt:
	@out=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "not gofmt'ed: $$out"; exit 1; }

vet:
	go vet ./...

lint: $(STATICCHECK)
	$(STATICCHECK) ./...

tools: $(STATICCHECK)

$(STATICCHECK):
	GOBIN=$(BIN) go install honnef.co/go/tools/cmd/staticcheck@v0.8.2

# The race detector needs cgo and a C compiler; the product does not.
race:
ifeq ($(RACE),1)
	CGO_ENABLED=1 go test -race -short -timeout 30m ./...
else
	@echo "no C compiler: race tests skipped"
endif

# Generated pages must be what the sources say.
docs:
	go test -run 'Docs|Golden|Layout|Layers|PackageComments|Sizes|Dependencies' ./...

build:
	CGO_ENABLED=0 go build -trimpath -o $(BIN)/feilun ./cmd/feilun

test:
	go test ./...

bench: build
	$(BIN)/feilun bench

# Every fuzz target in turn, FUZZTIME each. Findings stay in testdata/fuzz.
fuzz:
	@for pkg in $$(go list ./...); do \
	  for f in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "== $$pkg $$f"; go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
	  done; \
	done

# Real clients of OpenAI's API against feilun serve on a loopback address. What cannot be
# installed here is skipped, with a message.
clients: clients-install
	FEILUN_CLIENTS=1 go test -count=1 -run Clients -v ./cmd/feilun

clients-install:
	npm ci --prefix clients/js --no-audit --no-fund --ignore-scripts || echo "npm's clients are not installed: their scenarios will skip"
	python3 -m venv clients/python/.venv && clients/python/.venv/bin/pip install -q --disable-pip-version-check -r clients/python/requirements.txt || echo "Python's client is not installed: its scenarios will skip"

# 200 streams for five minutes, servers that misbehave, and a hundred kills under load.
soak:
	FEILUN_SOAK=5m FEILUN_KILLS=100 go test -count=1 -timeout 90m -run 'TestSoak|TestKillServe' -v ./cmd/feilun
	FEILUN_KILLS=100 go test -count=1 -timeout 60m -run TestKill -v ./internal/store

soak-short:
	FEILUN_SOAK=30s FEILUN_KILLS=5 go test -count=1 -timeout 10m -run 'TestSoak|TestKillServe' -v ./cmd/feilun

# The chat page: web/dist is committed, so that go build needs no Node. The targets below need npm and Node 20.19 or later.
NODE := $(shell command -v npm >/dev/null 2>&1 && node -p 'const [a, b] = process.versions.node.split(".").map(Number); a > 20 || a == 20 && b >= 19 ? 1 : ""' 2>/dev/null)

web: web/node_modules/.package-lock.json
	cd web && npm run -s build

web-test: web/node_modules/.package-lock.json
	cd web && npm test -s

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund && touch node_modules/.package-lock.json

# The committed page must be what the sources and the lock file give, byte for byte. Compressed forms depend on Node's
# version; a Go test holds them to be the same files.
web-check:
ifneq ($(NODE),1)
	@echo "no npm, or Node older than 20.19: the page is neither rebuilt nor compared, its unit tests are skipped"
else
	cd web && npm ci --no-audit --no-fund
	cd web && npx tsc --noEmit && npx vite build --logLevel warn --outDir node_modules/.dist --emptyOutDir && diff -r --exclude='*.br' dist node_modules/.dist
	cd web && npm test -s
endif
