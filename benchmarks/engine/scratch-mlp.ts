import * as tf from '@tensorflow/tfjs-core';
import { jit } from '@crossweave/tfjs-backend-onnx';
import { initAdam, trainStep } from './model';
import { measure, setUp } from './measure';
import { key } from '@crossweave/core';
import { initLinear, linear, initLayerNorm, layerNorm, gelu } from '@crossweave/core/nn';
await setUp();
const x = tf.randomNormal<tf.Rank.R2>([32,256],0,1,'float32',1), y = tf.randomNormal([32,256],0,1,'float32',2);
const init = () => ({...initLinear(key(0),'up',{in:256,out:1024}),...initLayerNorm('n',256),...initLinear(key(0),'down',{in:1024,out:256})});
const raw = (p: any, m: any, v: any, c: tf.Tensor, xx: any, yy: any) => tf.tidy(() => {
  const paths = Object.keys(p);
  const { value, grads } = tf.valueAndGrads((...ts: tf.Tensor[]) => { const q = Object.fromEntries(paths.map((k,i)=>[k,ts[i]!])); return tf.mean(tf.squaredDifference(linear(q,'down',gelu(linear(q,'up',layerNorm(q,'n',xx)))), yy)); })(paths.map(k=>p[k]));
  const np: any = {}, nm: any = {}, nv: any = {};
  const norm = tf.sqrt(grads.map(g=>tf.sum(tf.square(g))).reduce((a,b)=>tf.add(a,b)));
  const scale = tf.minimum(tf.div(1,tf.add(norm,1e-6)),1);
  paths.forEach((k,i)=>{ const g = tf.mul(grads[i]!,scale);
   nm[k]=tf.add(tf.mul(m[k],.9),tf.mul(g,.1)); nv[k]=tf.add(tf.mul(v[k],.999),tf.mul(tf.square(g),.001));
   np[k]=tf.sub(tf.mul(p[k],1-1e-5),tf.mul(tf.div(nm[k],tf.add(tf.sqrt(nv[k]),1e-8)),c)); });
  return { p: np, m: nm, v: nv, loss: value as tf.Scalar };
});
for (const mode of ['lazy','jit']) {
  const f: any = mode==='jit' ? jit(raw as any,{donate:[0,1,2]}) : (p:any,m:any,v:any,...r:any)=>{const o=(raw as any)(p,m,v,...r);tf.dispose([p,m,v]);return o};
  let s: any = { p: init(), m: tf.tidy(()=>Object.fromEntries(Object.entries(init()).map(([k,t])=>[k,tf.zeros(t.shape)]))), v: tf.tidy(()=>Object.fromEntries(Object.entries(init()).map(([k,t])=>[k,tf.zeros(t.shape)]))) };
  const ts: number[] = [];
  let loss = 0;
  for (let i=0;i<600;i++) { const t=performance.now(); const c=tf.tensor1d([1e-3*Math.sqrt(1-.999**(i+1))/(1-.9**(i+1))]); const o=f(s.p,s.m,s.v,c,x,y); c.dispose(); s=o; loss=(await o.loss.data())[0]; o.loss.dispose(); ts.push(performance.now()-t); }
  ts.sort((a,b)=>a-b); console.log(mode, 'min', ts[0]!.toFixed(3),'median',ts[300]!.toFixed(3), loss, tf.memory().numTensors);
}
