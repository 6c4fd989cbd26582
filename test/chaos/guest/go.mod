module bulkhead/test/chaos/guest

go 1.19
