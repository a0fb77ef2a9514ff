package ladspa

//go:generate go run ../../../cmd/crossplug generate --backend go ladspa.xml -o .
//go:generate go run ../../../cmd/crossplug generate --backend dispatcher,shim ladspa.xml -o c
//go:generate go test ../../../generate -run ^TestDispatchers$/^ladspa$ -update
