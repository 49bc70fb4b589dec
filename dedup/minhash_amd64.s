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

// REDUCE2 does for four 64-bit lanes in Y0 what REDUCE does, without 64-bit
// multiplication and unsigned comparison: lo·lo + (lo·hi + hi·lo) << 32, and a
// signed comparison, since reduced values are below 2^61. AHI is A >> 32, Y1 is
// 2^61-1, Y2 is x >> 32.
#define REDUCE2(A, AHI, B, MIN, T, U, V) \
	VPMULUDQ  A, Y0, T; \
	VPMULUDQ  AHI, Y0, U; \
	VPMULUDQ  A, Y2, V; \
	VPADDQ    U, V, U; \
	VPSLLQ    $32, U, U; \
	VPADDQ    U, T, T; \
	VPADDQ    B, T, T; \
	VPSRLQ    $61, T, U; \
	VPAND     Y1, T, T; \
	VPADDQ    U, T, T; \
	VPCMPGTQ  Y3, T, U; \
	VPAND     Y1, U, U; \
	VPSUBQ    U, T, T; \
	VPCMPGTQ  T, MIN, U; \
	VBLENDVPD U, T, MIN, MIN

// func minimumsAVX2(xs []uint64, a, b, min *[16]uint64)
TEXT ·minimumsAVX2(SB), NOSPLIT, $0-48
	MOVQ    xs_len+8(FP), CX
	TESTQ   CX, CX
	JZ      none
	MOVQ    a+24(FP), AX
	MOVQ    b+32(FP), BX
	MOVQ    min+40(FP), DX
	MOVQ    $0x1fffffffffffffff, DI
	MOVQ    DI, X1
	VPBROADCASTQ X1, Y1
	DECQ    DI
	MOVQ    DI, X3
	VPBROADCASTQ X3, Y3
	MOVQ    $2, R8

half:
	MOVQ    xs_base+0(FP), SI
	MOVQ    xs_len+8(FP), CX
	VMOVDQU (AX), Y4
	VMOVDQU 32(AX), Y5
	VPSRLQ  $32, Y4, Y6
	VPSRLQ  $32, Y5, Y7
	VMOVDQU (BX), Y8
	VMOVDQU 32(BX), Y9
	VMOVDQU (DX), Y10
	VMOVDQU 32(DX), Y11

loop2:
	VPBROADCASTQ (SI), Y0
	VPSRLQ  $32, Y0, Y2
	REDUCE2(Y4, Y6, Y8, Y10, Y12, Y13, Y14)
	REDUCE2(Y5, Y7, Y9, Y11, Y12, Y13, Y14)
	ADDQ    $8, SI
	DECQ    CX
	JNZ     loop2
	VMOVDQU Y10, (DX)
	VMOVDQU Y11, 32(DX)
	ADDQ    $64, AX
	ADDQ    $64, BX
	ADDQ    $64, DX
	DECQ    R8
	JNZ     half
	VZEROUPPER

none:
	RET

// func minimums32AVX512(xs []uint64, a, b, min *[16]uint32)
TEXT ·minimums32AVX512(SB), NOSPLIT, $0-48
	MOVQ      xs_base+0(FP), SI
	MOVQ      xs_len+8(FP), CX
	MOVQ      a+24(FP), AX
	MOVQ      b+32(FP), BX
	MOVQ      min+40(FP), DX
	VMOVDQU64 (AX), Z1
	VMOVDQU64 (BX), Z2
	VMOVDQU64 (DX), Z3
	TESTQ     CX, CX
	JZ        done3

loop3:
	VPBROADCASTD 4(SI), Z0
	VPMULLD   Z1, Z0, Z4
	VPADDD    Z2, Z4, Z4
	VPMINUD   Z4, Z3, Z3
	ADDQ      $8, SI
	DECQ      CX
	JNZ       loop3

done3:
	VMOVDQU64 Z3, (DX)
	VZEROUPPER
	RET

// func minimumsWide32AVX512(xs []uint64, a, b, min *[64]uint32)
TEXT ·minimumsWide32AVX512(SB), NOSPLIT, $0-48
	MOVQ      xs_base+0(FP), SI
	MOVQ      xs_len+8(FP), CX
	MOVQ      a+24(FP), AX
	MOVQ      b+32(FP), BX
	MOVQ      min+40(FP), DX
	VMOVDQU64 (AX), Z1
	VMOVDQU64 64(AX), Z2
	VMOVDQU64 128(AX), Z3
	VMOVDQU64 192(AX), Z4
	VMOVDQU64 (BX), Z5
	VMOVDQU64 64(BX), Z6
	VMOVDQU64 128(BX), Z7
	VMOVDQU64 192(BX), Z8
	VMOVDQU64 (DX), Z9
	VMOVDQU64 64(DX), Z10
	VMOVDQU64 128(DX), Z11
	VMOVDQU64 192(DX), Z12
	TESTQ     CX, CX
	JZ        done4

loop4:
	VPBROADCASTD 4(SI), Z0
	VPMULLD   Z1, Z0, Z13
	VPMULLD   Z2, Z0, Z14
	VPMULLD   Z3, Z0, Z15
	VPMULLD   Z4, Z0, Z16
	VPADDD    Z5, Z13, Z13
	VPADDD    Z6, Z14, Z14
	VPADDD    Z7, Z15, Z15
	VPADDD    Z8, Z16, Z16
	VPMINUD   Z13, Z9, Z9
	VPMINUD   Z14, Z10, Z10
	VPMINUD   Z15, Z11, Z11
	VPMINUD   Z16, Z12, Z12
	ADDQ      $8, SI
	DECQ      CX
	JNZ       loop4

done4:
	VMOVDQU64 Z9, (DX)
	VMOVDQU64 Z10, 64(DX)
	VMOVDQU64 Z11, 128(DX)
	VMOVDQU64 Z12, 192(DX)
	VZEROUPPER
	RET

// func minimums32AVX2(xs []uint64, a, b, min *[16]uint32)
TEXT ·minimums32AVX2(SB), NOSPLIT, $0-48
	MOVQ    xs_base+0(FP), SI
	MOVQ    xs_len+8(FP), CX
	MOVQ    a+24(FP), AX
	MOVQ    b+32(FP), BX
	MOVQ    min+40(FP), DX
	VMOVDQU (AX), Y1
	VMOVDQU 32(AX), Y2
	VMOVDQU (BX), Y3
	VMOVDQU 32(BX), Y4
	VMOVDQU (DX), Y5
	VMOVDQU 32(DX), Y6
	TESTQ   CX, CX
	JZ      done5

loop5:
	VPBROADCASTD 4(SI), Y0
	VPMULLD Y1, Y0, Y7
	VPMULLD Y2, Y0, Y8
	VPADDD  Y3, Y7, Y7
	VPADDD  Y4, Y8, Y8
	VPMINUD Y7, Y5, Y5
	VPMINUD Y8, Y6, Y6
	ADDQ    $8, SI
	DECQ    CX
	JNZ     loop5

done5:
	VMOVDQU Y5, (DX)
	VMOVDQU Y6, 32(DX)
	VZEROUPPER
	RET
