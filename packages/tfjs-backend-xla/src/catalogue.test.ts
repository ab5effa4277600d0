import '@crossweave/tfjs-backend-onnx/register';
import { testAsOnOnnx } from '../../tfjs-backend-onnx/test/catalogue/as-on-onnx';
import { withoutPlugin } from '../test/plugin';
import './register';

testAsOnOnnx('xla:cpu', withoutPlugin());
