module github.com/crossplug/crossplug

go 1.26.8
