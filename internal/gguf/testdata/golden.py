"""Writes golden.gguf by the gguf package (pip install gguf numpy): metadata of every
type, numbers, and what the package's own code makes of them. Run it in this folder."""
import numpy as np
import gguf
from gguf.constants import GGMLQuantizationType as T, GGUFValueType as V
from gguf.quants import quantize, dequantize

w = gguf.GGUFWriter("golden.gguf", "llama")
for kind, value in [
    (V.UINT8, 255), (V.INT8, -128), (V.UINT16, 65535), (V.INT16, -32768), (V.UINT32, 4294967295), (V.INT32, -2147483648),
    (V.FLOAT32, 0.1), (V.BOOL, True), (V.STRING, "飞轮"), (V.UINT64, 2**64 - 1), (V.INT64, -2**63), (V.FLOAT64, 0.1),
]:
    w.add_key_value("test." + kind.name.lower(), value, kind)
w.add_array("test.strings", ["a", "", "轮子"])
w.add_array("test.ints", [1, -2, 3])
w.add_array("test.floats", [0.5, -1.25])
w.add_array("test.bools", [True, False])
w.add_array("test.nested", [[1, 2], [3]])

rng = np.random.default_rng(7)
x = rng.standard_normal((2, 256)).astype(np.float32)
x[0, 128:192] *= 1e-6
x[1, :32] = 0
x[1, 32:64] = np.arange(32) - 16
x[1, 64:96] = -1000
x[1, 128::3] *= 100
w.add_tensor("x", x)
for t in [T.F16, T.BF16, T.Q8_0, T.Q4_0]:
    q = quantize(x, t)
    w.add_tensor("x." + t.name, q, raw_dtype=t)
    if t in (T.Q8_0, T.Q4_0):
        w.add_tensor("y." + t.name, dequantize(q, t).astype(np.float32))
for t, size, halves in [(T.Q4_K, 144, [0, 2]), (T.Q6_K, 210, [208])]:
    q = rng.integers(0, 256, (1, size), dtype=np.uint8)
    for at in halves:
        q[:, at:at + 2] = (rng.standard_normal((1, 1)) / 50).astype(np.float16).view(np.uint8)
    w.add_tensor("x." + t.name, q, raw_dtype=t)
    w.add_tensor("y." + t.name, dequantize(q, t).astype(np.float32))
for t, size, halves in [
    (T.Q4_1, 20, [0, 2]), (T.Q5_0, 22, [0]), (T.Q5_1, 24, [0, 2]), (T.IQ4_NL, 18, [0]),
    (T.Q2_K, 84, [80, 82]), (T.Q3_K, 110, [108]), (T.Q5_K, 176, [0, 2]), (T.IQ4_XS, 136, [0]),
]:
    q = rng.integers(0, 256, (4, size), dtype=np.uint8)
    for at in halves:
        q[:, at:at + 2] = (rng.standard_normal((4, 1)) / 50).astype(np.float16).view(np.uint8)
    w.add_tensor("x." + t.name, q, raw_dtype=t)
    w.add_tensor("y." + t.name, dequantize(q, t).astype(np.float32))
w.write_header_to_file()
w.write_kv_data_to_file()
w.write_tensors_to_file()
w.close()
