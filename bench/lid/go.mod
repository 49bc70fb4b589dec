module feilun/bench/lid

go 1.26.0

require (
	feilun v0.0.0
	github.com/klauspost/compress v1.20.3
	github.com/pemistahl/lingua-go v1.4.0
)

require (
	github.com/shopspring/decimal v1.3.1 // indirect
	golang.org/x/exp v0.0.0-20221106115401-f9659909a136 // indirect
	google.golang.org/protobuf v1.34.2 // indirect
)

replace feilun => ../..
