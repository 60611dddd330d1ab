# `make help` says what there is. Needs Go, git and make; what tests need besides is installed by `make test`.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Nothing here needs a C compiler.
export CGO_ENABLED := 0

# What to test: make test PKG=./store/... ARGS='-run Prune -v'
PKG := ./...
ARGS :=

# What is tested by itself: its emulated Pis need both processors for minutes.
APART := till/lab/pi
go_test = all=$$(go list $(PKG)) && for some in "$$(echo "$$all" | grep -vx $(APART))" "$$(echo "$$all" | grep -x $(APART))"; do \
	[ -z "$$some" ] || go test $(1) $(ARGS) $$some || exit; done

# What to simulate: make simulate SEEDS=100 FROM=7
SEEDS := 2000
FROM := 1

# What card to make: make image BOARD=pi4b SITE=shop.toml
BOARD := pi3b
SITE :=

VERSION := $(shell git describe --tags --always --dirty --abbrev=12 2>/dev/null || echo unknown)
LDFLAGS := -X till/cmd/tillcmd.Version=$(VERSION)

# The same bytes whatever the folder or the machine's settings.
BUILD := GOFLAGS= go build -trimpath -buildvcs=false
ARCH_arm64 := GOARCH=arm64 GOARM64=v8.0
ARCH_armv7 := GOARCH=arm GOARM=7
ARCH_armv6 := GOARCH=arm GOARM=6
FIRMWARE := $(addprefix dist/till-linux-,arm64 armv7 armv6)

LINT := .cache/bin/golangci-lint

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## bin/till, bin/till-cloud and bin/till-demo, for this machine
	@mkdir -p bin
	@$(BUILD) -ldflags '$(LDFLAGS)' -o bin/ ./cmd/till ./cmd/till-cloud ./cmd/till-demo
	@ls -l bin/till bin/till-cloud bin/till-demo | awk '{ printf "%-28s %6.1f MB\n", $$NF, $$5 / 1e6 }'

.PHONY: firmware
firmware: $(FIRMWARE) ## dist/till-linux-{arm64,armv7,armv6}: static, stripped, reproducible
	@cd dist && sha256sum $(notdir $(FIRMWARE))

# Go knows best what is out of date.
.PHONY: $(FIRMWARE)
$(FIRMWARE): dist/till-linux-%:
	@mkdir -p dist
	@GOOS=linux $(ARCH_$*) GOEXPERIMENT= $(BUILD) -ldflags '-s -w $(LDFLAGS)' -o $@ ./cmd/till

.PHONY: image
image: dist/till-linux-arm64 ## dist/till-BOARD.img, a card for BOARD (pi3b; pizero2w, pi4b, pi5): fetches the kernel once; SITE=FILE
	@scripts/fetch-blobs
	@go run ./cmd/till image -board '$(BOARD)' -o 'dist/till-$(BOARD).img' -till dist/till-linux-arm64 -release '$(VERSION)' $(if $(SITE),-site '$(SITE)')
	@cd dist && sha256sum 'till-$(BOARD).img'

.PHONY: deb
deb: $(FIRMWARE) ## dist/till_VERSION_{arm64,armhf,amd64}.deb, for Raspberry Pi OS and other Debian systems
	@GOOS=linux GOARCH=amd64 GOAMD64=v1 GOEXPERIMENT= $(BUILD) -ldflags '-s -w $(LDFLAGS)' -o dist/till-linux-amd64 ./cmd/till
	@for pair in arm64:arm64 armhf:armv6 amd64:amd64; do \
	  packaging/build-deb $${pair%:*} dist/till-linux-$${pair#*:} '$(VERSION)' "dist/till_$(VERSION)_$${pair%:*}.deb"; done
	@cd dist && sha256sum till_$(VERSION)_*.deb

.PHONY: flash
flash: image ## write that card: make flash BOARD=pi3b DISK=/dev/sdX SITE=shop.toml; with no DISK it lists the cards
	@go build -o bin/till ./cmd/till
	@bin/till flash -image 'dist/till-$(BOARD).img' $(if $(DISK),-disk '$(DISK)') $(if $(SITE),-site '$(SITE)')

.PHONY: test-tools
test-tools: ## install the Debian packages the tests need and that are missing, and fetch the boards' kernel and a generator
	@scripts/install-test-tools test pi
	@scripts/fetch-blobs
	@go -C lab/register/generated mod download

.PHONY: test
test: test-tools ## every test at its small size (PKG=./store/... ARGS='-run Name' for fewer)
	@$(call go_test,-timeout 15m)
	$(if $(filter-out ./...,$(PKG))$(ARGS),,@$(MAKE) simulate)

.PHONY: test-pi
test-pi: test-tools ## the tests on an emulated Raspberry Pi: a few minutes
	@go test -count=1 -timeout 15m -v $(ARGS) ./lab/pi/...

.PHONY: emulate
emulate: image ## the card's image on an emulated Raspberry Pi, with a counter around it on a browser page (BOARD=pi3b)
	@scripts/install-test-tools pi
	@go run ./lab/emulate -board $(BOARD) -image dist/till-$(BOARD).img

.PHONY: soak
soak: test-tools ## the same tests at full size: hours
	@export TILL_SOAK=1; $(call go_test,-count=1 -timeout 0)
	$(if $(filter-out ./...,$(PKG))$(ARGS),,@$(MAKE) simulate SEEDS=200000)

.PHONY: simulate
simulate: ## the simulation over SEEDS seeds (2000), the first being FROM (1); ends with a summary
	@go run ./lab/simulate -seeds $(SEEDS) -from $(FROM)

.PHONY: check
check: check-format check-vet check-lint check-tidy check-generated check-arrows ## format, vet, lint, tidy, generated files, import graph; changes nothing

.PHONY: check-format
check-format:
	@echo "format"
	@unformatted=$$("$$(go env GOROOT)/bin/gofmt" -l -s .); \
	if [ -n "$$unformatted" ]; then printf 'gofmt -s -w these:\n%s\n' "$$unformatted" >&2; exit 1; fi

# On 32 bits too: a constant that overflows an int, or an ioctl's other layout, shows only there.
.PHONY: check-vet
check-vet:
	@echo "vet"
	@go vet ./...
	@rooms=$$(go list -deps ./cmd/till | grep '^till/'); GOOS=linux $(ARCH_armv6) go vet $$rooms

.PHONY: check-lint
check-lint: $(LINT)
	@echo "lint"
	@GOLANGCI_LINT_CACHE='$(CURDIR)/.cache/golangci-lint' $(LINT) run ./...

.PHONY: check-tidy
check-tidy:
	@echo "tidy"
	@go mod tidy -diff
	@cd tools && go mod tidy -diff
	@cd boards/blobs && go mod tidy -diff
	@cd lab/register/generated && go mod tidy -diff

.PHONY: check-generated
check-generated:
	@echo "generated files"
	@scripts/check-generated

.PHONY: check-arrows
check-arrows:
	@echo "import graph"
	@go test -count=1 ./lab/arrows >/dev/null || go test -count=1 ./lab/arrows

# A module of its own, so that users of till do not download it.
$(LINT): tools/go.mod tools/go.sum
	@echo "building golangci-lint, once: a few minutes"
	@cd tools && $(BUILD) -o '$(CURDIR)/$@' github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

.PHONY: bench
bench: ## till bench, then the Go benchmarks of every room
	@mkdir -p bin/bench
	@$(BUILD) -ldflags '-s -w $(LDFLAGS)' -o bin/bench/till ./cmd/till
	@bin/bench/till bench
	@go test -p 1 -run '^$$' -bench . -benchmem $(ARGS) $(PKG)

.PHONY: pictures
pictures: ## draw the pictures of the documentation anew
	@go test ./lab/pictures -run TestPictures -update
	@go test ./lab/pi -run TestPi -update

.PHONY: clean
clean: ## remove bin and dist; the lint tool stays in .cache
	@rm -rf bin dist
