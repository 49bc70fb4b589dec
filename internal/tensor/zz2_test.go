package tensor
import ("testing";"fmt")
func BenchmarkZZ(t *testing.B){
 c:=New(1)
 m,k,n:=4096,384,1536
 a,w,out:=Floats(m*k),Floats(n*k),Floats(m*n)
 h:=make([]uint16,m*k)
 var p Panels
 for t.Loop() {
 s1:=Seconds(1,func(){ c.Pack(&p, Matrix(w, k).T(), k, n, true)})
 s2:=Seconds(1,func(){ c.MatMul(out, n, Matrix(a, k), &p, m, false)})
 s3:=Seconds(1,func(){ c.MatMul(out, n, Half(h, k), &p, m, false)})
 f:=2*float64(m*k*n)/1e9
 fmt.Printf("pack %.1f ms  mul %.1f ms %.0f  half %.1f ms %.0f\n",s1*1e3,s2*1e3,f/s2,s3*1e3,f/s3)
 }
}
