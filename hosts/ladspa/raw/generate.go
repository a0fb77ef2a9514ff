package ladspa

//go:generate go run ../../../cmd/crossplug generate --backend go ladspa.xml -o .
