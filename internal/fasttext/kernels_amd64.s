#include "textflag.h"

// AHEAD is how many rows before its use a row is fetched: rows lie all over a
// matrix that no cache holds.
#define AHEAD 16

// PREFETCH fetches the lines of row R9+AHEAD, if there is one.
// SI data, BX rows, CX number of rows, R8 bytes of a row; R10 to R12 are lost.
#define PREFETCH \
	LEAQ    AHEAD(R9), R10; \
	CMPQ    R10, CX; \
	JGE     ready; \
	MOVLQSX (BX)(R10*4), R11; \
	IMULQ   R8, R11; \
	ADDQ    SI, R11; \
	LEAQ    -1(R11)(R8*1), R12; \
lines: \
	PREFETCHT0 (R11); \
	ADDQ    $64, R11; \
	CMPQ    R11, R12; \
	JLE     lines; \
	PREFETCHT0 (R12); \
ready:

// func gatherAVX2(x, data []float32, rows []int32)
TEXT ·gatherAVX2(SB), NOSPLIT, $0-72
	MOVQ x_base+0(FP), DI
	MOVQ x_len+8(FP), R8
	MOVQ data_base+24(FP), SI
	MOVQ rows_base+48(FP), BX
	MOVQ rows_len+56(FP), CX
	SHLQ $2, R8
	LEAQ -128(R8), R13
	LEAQ -16(R8), R14
	XORQ R9, R9

row:
	CMPQ    R9, CX
	JGE     done
	PREFETCH
	MOVLQSX (BX)(R9*4), R11
	IMULQ   R8, R11
	ADDQ    SI, R11
	XORQ    R10, R10

wide:
	CMPQ    R10, R13
	JGT     narrow
	VMOVUPS (DI)(R10*1), Y0
	VMOVUPS 32(DI)(R10*1), Y1
	VMOVUPS 64(DI)(R10*1), Y2
	VMOVUPS 96(DI)(R10*1), Y3
	VADDPS  (R11)(R10*1), Y0, Y0
	VADDPS  32(R11)(R10*1), Y1, Y1
	VADDPS  64(R11)(R10*1), Y2, Y2
	VADDPS  96(R11)(R10*1), Y3, Y3
	VMOVUPS Y0, (DI)(R10*1)
	VMOVUPS Y1, 32(DI)(R10*1)
	VMOVUPS Y2, 64(DI)(R10*1)
	VMOVUPS Y3, 96(DI)(R10*1)
	ADDQ    $128, R10
	JMP     wide

narrow:
	CMPQ    R10, R14
	JGT     single
	VMOVUPS (DI)(R10*1), X0
	VADDPS  (R11)(R10*1), X0, X0
	VMOVUPS X0, (DI)(R10*1)
	ADDQ    $16, R10
	JMP     narrow

single:
	CMPQ   R10, R8
	JGE    next
	VMOVSS (DI)(R10*1), X0
	VADDSS (R11)(R10*1), X0, X0
	VMOVSS X0, (DI)(R10*1)
	ADDQ   $4, R10
	JMP    single

next:
	INCQ R9
	JMP  row

done:
	VZEROUPPER
	RET

// func scatterAVX2(x, data []float32, rows []int32)
TEXT ·scatterAVX2(SB), NOSPLIT, $0-72
	MOVQ x_base+0(FP), DI
	MOVQ x_len+8(FP), R8
	MOVQ data_base+24(FP), SI
	MOVQ rows_base+48(FP), BX
	MOVQ rows_len+56(FP), CX
	SHLQ $2, R8
	LEAQ -128(R8), R13
	LEAQ -16(R8), R14
	XORQ R9, R9

row:
	CMPQ    R9, CX
	JGE     done
	PREFETCH
	MOVLQSX (BX)(R9*4), R11
	IMULQ   R8, R11
	ADDQ    SI, R11
	XORQ    R10, R10

wide:
	CMPQ    R10, R13
	JGT     narrow
	VMOVUPS (DI)(R10*1), Y0
	VMOVUPS 32(DI)(R10*1), Y1
	VMOVUPS 64(DI)(R10*1), Y2
	VMOVUPS 96(DI)(R10*1), Y3
	VADDPS  (R11)(R10*1), Y0, Y0
	VADDPS  32(R11)(R10*1), Y1, Y1
	VADDPS  64(R11)(R10*1), Y2, Y2
	VADDPS  96(R11)(R10*1), Y3, Y3
	VMOVUPS Y0, (R11)(R10*1)
	VMOVUPS Y1, 32(R11)(R10*1)
	VMOVUPS Y2, 64(R11)(R10*1)
	VMOVUPS Y3, 96(R11)(R10*1)
	ADDQ    $128, R10
	JMP     wide

narrow:
	CMPQ    R10, R14
	JGT     single
	VMOVUPS (DI)(R10*1), X0
	VADDPS  (R11)(R10*1), X0, X0
	VMOVUPS X0, (R11)(R10*1)
	ADDQ    $16, R10
	JMP     narrow

single:
	CMPQ   R10, R8
	JGE    next
	VMOVSS (DI)(R10*1), X0
	VADDSS (R11)(R10*1), X0, X0
	VMOVSS X0, (R11)(R10*1)
	ADDQ   $4, R10
	JMP    single

next:
	INCQ R9
	JMP  row

done:
	VZEROUPPER
	RET

// func learnAVX2(w, hidden, grad []float32, a float32)
TEXT ·learnAVX2(SB), NOSPLIT, $0-76
	MOVQ         w_base+0(FP), SI
	MOVQ         w_len+8(FP), R8
	MOVQ         hidden_base+24(FP), DI
	MOVQ         grad_base+48(FP), DX
	VBROADCASTSS a+72(FP), Y5
	SHLQ         $2, R8
	LEAQ         -32(R8), R13
	XORQ         R10, R10

wide:
	CMPQ    R10, R13
	JGT     single
	VMOVUPS (SI)(R10*1), Y0
	VMULPS  Y5, Y0, Y1
	VADDPS  (DX)(R10*1), Y1, Y1
	VMOVUPS Y1, (DX)(R10*1)
	VMULPS  (DI)(R10*1), Y5, Y2
	VADDPS  Y2, Y0, Y0
	VMOVUPS Y0, (SI)(R10*1)
	ADDQ    $32, R10
	JMP     wide

single:
	CMPQ   R10, R8
	JGE    done
	VMOVSS (SI)(R10*1), X0
	VMULSS X5, X0, X1
	VADDSS (DX)(R10*1), X1, X1
	VMOVSS X1, (DX)(R10*1)
	VMULSS (DI)(R10*1), X5, X2
	VADDSS X2, X0, X0
	VMOVSS X0, (SI)(R10*1)
	ADDQ   $4, R10
	JMP    single

done:
	VZEROUPPER
	RET

DATA lanes<>+0(SB)/8, $0x0000000100000000
DATA lanes<>+8(SB)/8, $0x0000000300000002
DATA lanes<>+16(SB)/8, $0x0000000500000004
DATA lanes<>+24(SB)/8, $0x0000000700000006
GLOBL lanes<>(SB), RODATA|NOPTR, $32

// func nearestAVX2(x, columns []float32, dist *[8]float32, index *[8]int32)
//
// Eight centroids at a time: Y4 has the least distances so far, Y5 whose they
// are, Y6 the numbers of the centroids at hand.
TEXT ·nearestAVX2(SB), NOSPLIT, $0-64
	MOVQ         x_base+0(FP), SI
	MOVQ         x_len+8(FP), CX
	MOVQ         columns_base+24(FP), DI
	MOVQ         dist+48(FP), DX
	MOVQ         index+56(FP), BX
	MOVL         $0x7f800000, AX
	MOVQ         AX, X4
	VBROADCASTSS X4, Y4
	VMOVDQU      lanes<>(SB), Y6
	VMOVDQU      Y6, Y5
	MOVL         $8, AX
	MOVQ         AX, X7
	VPBROADCASTD X7, Y7
	MOVQ         $32, R8

group:
	VXORPS Y0, Y0, Y0
	XORQ   R9, R9
	MOVQ   DI, R10

column:
	VBROADCASTSS (SI)(R9*4), Y1
	VSUBPS       (R10), Y1, Y1
	VMULPS       Y1, Y1, Y1
	VADDPS       Y1, Y0, Y0
	ADDQ         $1024, R10
	INCQ         R9
	CMPQ         R9, CX
	JL           column

	VCMPPS    $1, Y4, Y0, Y2
	VBLENDVPS Y2, Y0, Y4, Y4
	VBLENDVPS Y2, Y6, Y5, Y5
	VPADDD    Y7, Y6, Y6
	ADDQ      $32, DI
	DECQ      R8
	JNZ       group

	VMOVUPS Y4, (DX)
	VMOVDQU Y5, (BX)
	VZEROUPPER
	RET
