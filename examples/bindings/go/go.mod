module mxcheck.example/mxcheck

go 1.19
