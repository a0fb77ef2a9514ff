FUZZTIME ?= 30s
scripts = .ci/run helper/native/build.sh bridge/native/build.sh $(wildcard scripts/*)

.PHONY: help build demo test test-all bench lint generate helpers fuzz

help: ## say what can be made (this)
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

build: ## compile the command to bin/crossplug
	go build -o bin/crossplug ./cmd/crossplug

demo: ## run plug-ins for five processors, side by side
	scripts/need run
	scripts/demo

test: ## run the tests, with a sample of the plug-ins
	scripts/need run cross oracles clients
	scripts/sysroots
	go test ./...

test-all: ## run the tests with all plug-ins
	scripts/need run cross oracles clients
	scripts/sysroots
	CROSSPLUG_TEST_ALL=1 go test -timeout 60m ./...

bench: ## measure calls and blocks, beside other ways to do it
	scripts/need run cross
	scripts/sysroots
	cd bench && go run .

lint: ## check format, likely mistakes and the scripts
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt -w needed: $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go mod tidy -diff
	staticcheck=$$(go tool -n staticcheck) && cd bench && go vet ./... && $$staticcheck ./... && go mod tidy -diff
	@if command -v shellcheck >/dev/null; then echo shellcheck $(scripts); shellcheck $(scripts); \
	else echo "no shellcheck here (scripts/need lint installs it)"; fi

generate: ## make the generated files anew
	go generate ./...

helpers: ## build the helper hosts and the shims for all architectures
	scripts/need run cross
	helper/native/build.sh
	bridge/native/build.sh

fuzz: ## run every fuzz target for FUZZTIME each
	scripts/fuzz $(FUZZTIME)
