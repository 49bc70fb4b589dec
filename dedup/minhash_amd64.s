#include "textflag.h"

// REDUCE lowers MIN to x·A + B reduced modulo 2^61-1, with x in every lane of
// Z0, 2^61-1 in Z1. The reduction is (v & p) + (v >> 61), less p when that is
// at least p: of r and r-p as unsigned numbers the smaller is the right one.
#define REDUCE(A, B, MIN, T, U) \
	VPMULLQ  A, Z0, T; \
	VPADDQ   B, T, T; \
	VPSRLQ   $61, T, U; \
	VPANDQ   Z1, T, T; \
	VPADDQ   U, T, T; \
	VPSUBQ   Z1, T, U; \
	VPMINUQ  U, T, T; \
	VPMINUQ  T, MIN, MIN

// func minimumsAVX512(xs []uint64, a, b, min *[16]uint64)
TEXT ·minimumsAVX512(SB), NOSPLIT, $0-48
	MOVQ      xs_base+0(FP), SI
	MOVQ      xs_len+8(FP), CX
	MOVQ      a+24(FP), AX
	MOVQ      b+32(FP), BX
	MOVQ      min+40(FP), DX
	MOVQ      $0x1fffffffffffffff, DI
	VPBROADCASTQ DI, Z1
	VMOVDQU64 (AX), Z2
	VMOVDQU64 64(AX), Z3
	VMOVDQU64 (BX), Z4
	VMOVDQU64 64(BX), Z5
	VMOVDQU64 (DX), Z6
	VMOVDQU64 64(DX), Z7
	TESTQ     CX, CX
	JZ        done

loop:
	VPBROADCASTQ (SI), Z0
	REDUCE(Z2, Z4, Z6, Z8, Z9)
	REDUCE(Z3, Z5, Z7, Z10, Z11)
	ADDQ      $8, SI
	DECQ      CX
	JNZ       loop

done:
	VMOVDQU64 Z6, (DX)
	VMOVDQU64 Z7, 64(DX)
	VZEROUPPER
	RET
