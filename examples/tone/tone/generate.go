package tone

//go:generate go run ../../../cmd/crossplug generate --backend go ../tone.xml -o .
//go:generate go test ../../../generate -run ^TestDispatchers$/^tone$ -update
