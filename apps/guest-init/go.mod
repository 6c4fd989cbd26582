module bulkhead/guest-init

go 1.19
