module bulkhead/test-app

go 1.19
