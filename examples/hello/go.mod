module bulkhead/examples/hello

go 1.19
