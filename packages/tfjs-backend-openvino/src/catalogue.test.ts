import '@crossweave/tfjs-backend-onnx/register';
import { testAsOnOnnx } from '../../tfjs-backend-onnx/test/catalogue/as-on-onnx';
import { withoutLibrary } from '../test/library';
import './register';

testAsOnOnnx('onnx:openvino', withoutLibrary());
