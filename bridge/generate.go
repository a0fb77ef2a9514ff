package bridge

//go:generate go run ../cmd/crossplug generate --backend direct ../hosts/ladspa/raw/ladspa.xml -o native
