/** The domain of ONNX Runtime's own operators, which no other runtime knows. */
export const vendorDomain = 'com.microsoft'
