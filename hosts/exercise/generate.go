package exercise

//go:generate go run ../../cmd/crossplug generate --backend go,markdown exercise.xml -o .
//go:generate go run ../../cmd/crossplug generate --backend layout,dispatcher,shim exercise.xml -o c
//go:generate go test ../../generate -run ^TestDispatchers$/^exercise$ -update
