// Written by tooling/pjrt-layout.mjs from a pjrt_c_api.h with this SHA-256:
// c85bb95cb1743c2a353a555b3ab35f065e5f17007c7f182ad68d23754950235c

/** The version of PJRT's C interface that the layouts are of. */
export const API_VERSION = { major: 0, minor: 81 } as const;

/** Where each function stands in the table of them. */
// prettier-ignore
export const FUNCTIONS = {
  Error_Destroy: 0,
  Error_Message: 1,
  Error_GetCode: 2,
  Plugin_Initialize: 3,
  Event_Destroy: 5,
  Event_IsReady: 6,
  Event_Await: 8,
  Client_Create: 10,
  Client_Destroy: 11,
  Client_PlatformName: 12,
  Client_PlatformVersion: 14,
  Client_AddressableDevices: 16,
  DeviceDescription_Kind: 26,
  Device_GetDescription: 29,
  Client_Compile: 20,
  Client_BufferFromHostBuffer: 22,
  Executable_Destroy: 40,
  Executable_NumOutputs: 44,
  Executable_SizeOfGeneratedCodeInBytes: 45,
  Executable_GetCompiledMemoryStats: 96,
  Executable_Serialize: 49,
  Executable_DeserializeAndLoad: 56,
  LoadedExecutable_Destroy: 50,
  LoadedExecutable_GetExecutable: 51,
  LoadedExecutable_Execute: 55,
  Buffer_Destroy: 58,
  Buffer_ToHostBuffer: 70,
} as const;

/**
 * What functions are given: bytes of memory, bytes that the plugin is told of (without padding at
 * the end), and for each field where it lies and what it is.
 */
// prettier-ignore
export const STRUCTS = {
  Error_Destroy: { size: 24, own: 24, fields: { error: [16, 'pointer'] } },
  Error_Message: { size: 40, own: 40, fields: { error: [16, 'pointer'], message: [24, 'pointer'], message_size: [32, 'pointer'] } },
  Error_GetCode: { size: 32, own: 28, fields: { error: [16, 'pointer'], code: [24, 'int'] } },
  Plugin_Initialize: { size: 16, own: 16, fields: {  } },
  Event_Destroy: { size: 24, own: 24, fields: { event: [16, 'pointer'] } },
  Event_IsReady: { size: 32, own: 25, fields: { event: [16, 'pointer'], is_ready: [24, 'bool'] } },
  Event_Await: { size: 24, own: 24, fields: { event: [16, 'pointer'] } },
  Client_Create: { size: 88, own: 88, fields: { create_options: [16, 'pointer'], num_options: [24, 'pointer'], kv_get_callback: [32, 'pointer'], kv_get_user_arg: [40, 'pointer'], kv_put_callback: [48, 'pointer'], kv_put_user_arg: [56, 'pointer'], client: [64, 'pointer'], kv_try_get_callback: [72, 'pointer'], kv_try_get_user_arg: [80, 'pointer'] } },
  Client_Destroy: { size: 24, own: 24, fields: { client: [16, 'pointer'] } },
  Client_PlatformName: { size: 40, own: 40, fields: { client: [16, 'pointer'], platform_name: [24, 'pointer'], platform_name_size: [32, 'pointer'] } },
  Client_PlatformVersion: { size: 40, own: 40, fields: { client: [16, 'pointer'], platform_version: [24, 'pointer'], platform_version_size: [32, 'pointer'] } },
  Client_AddressableDevices: { size: 40, own: 40, fields: { client: [16, 'pointer'], addressable_devices: [24, 'pointer'], num_addressable_devices: [32, 'pointer'] } },
  DeviceDescription_Kind: { size: 40, own: 40, fields: { device_description: [16, 'pointer'], device_kind: [24, 'pointer'], device_kind_size: [32, 'pointer'] } },
  Device_GetDescription: { size: 32, own: 32, fields: { device: [16, 'pointer'], device_description: [24, 'pointer'] } },
  Client_Compile: { size: 56, own: 56, fields: { client: [16, 'pointer'], program: [24, 'pointer'], compile_options: [32, 'pointer'], compile_options_size: [40, 'pointer'], executable: [48, 'pointer'] } },
  Client_BufferFromHostBuffer: { size: 120, own: 120, fields: { client: [16, 'pointer'], data: [24, 'pointer'], type: [32, 'int'], dims: [40, 'pointer'], num_dims: [48, 'pointer'], byte_strides: [56, 'pointer'], num_byte_strides: [64, 'pointer'], host_buffer_semantics: [72, 'int'], device: [80, 'pointer'], memory: [88, 'pointer'], device_layout: [96, 'pointer'], done_with_host_buffer: [104, 'pointer'], buffer: [112, 'pointer'] } },
  Executable_Destroy: { size: 24, own: 24, fields: { executable: [16, 'pointer'] } },
  Executable_NumOutputs: { size: 32, own: 32, fields: { executable: [16, 'pointer'], num_outputs: [24, 'pointer'] } },
  Executable_SizeOfGeneratedCodeInBytes: { size: 32, own: 32, fields: { executable: [16, 'pointer'], size_in_bytes: [24, 'pointer'] } },
  Executable_GetCompiledMemoryStats: { size: 112, own: 112, fields: { executable: [16, 'pointer'], generated_code_size_in_bytes: [24, 'pointer'], argument_size_in_bytes: [32, 'pointer'], output_size_in_bytes: [40, 'pointer'], alias_size_in_bytes: [48, 'pointer'], temp_size_in_bytes: [56, 'pointer'], host_generated_code_size_in_bytes: [64, 'pointer'], host_argument_size_in_bytes: [72, 'pointer'], host_output_size_in_bytes: [80, 'pointer'], host_alias_size_in_bytes: [88, 'pointer'], host_temp_size_in_bytes: [96, 'pointer'], peak_memory_in_bytes: [104, 'pointer'] } },
  Executable_Serialize: { size: 56, own: 56, fields: { executable: [16, 'pointer'], serialized_bytes: [24, 'pointer'], serialized_bytes_size: [32, 'pointer'], serialized_executable: [40, 'pointer'], serialized_executable_deleter: [48, 'pointer'] } },
  Executable_DeserializeAndLoad: { size: 64, own: 64, fields: { client: [16, 'pointer'], serialized_executable: [24, 'pointer'], serialized_executable_size: [32, 'pointer'], loaded_executable: [40, 'pointer'], overridden_serialized_compile_options: [48, 'pointer'], overridden_serialized_compile_options_size: [56, 'pointer'] } },
  LoadedExecutable_Destroy: { size: 24, own: 24, fields: { executable: [16, 'pointer'] } },
  LoadedExecutable_GetExecutable: { size: 32, own: 32, fields: { loaded_executable: [16, 'pointer'], executable: [24, 'pointer'] } },
  LoadedExecutable_Execute: { size: 80, own: 80, fields: { executable: [16, 'pointer'], options: [24, 'pointer'], argument_lists: [32, 'pointer'], num_devices: [40, 'pointer'], num_args: [48, 'pointer'], output_lists: [56, 'pointer'], device_complete_events: [64, 'pointer'], execute_device: [72, 'pointer'] } },
  Buffer_Destroy: { size: 24, own: 24, fields: { buffer: [16, 'pointer'] } },
  Buffer_ToHostBuffer: { size: 56, own: 56, fields: { src: [16, 'pointer'], host_layout: [24, 'pointer'], dst: [32, 'pointer'], dst_size: [40, 'pointer'], event: [48, 'pointer'] } },
  NamedValue: { size: 56, own: 56, fields: { name: [16, 'pointer'], name_size: [24, 'pointer'], type: [32, 'int'], string_value: [40, 'pointer'], int64_value: [40, 'pointer'], int64_array_value: [40, 'pointer'], float_value: [40, 'float'], bool_value: [40, 'bool'], value_size: [48, 'pointer'] } },
  Program: { size: 48, own: 48, fields: { code: [16, 'pointer'], code_size: [24, 'pointer'], format: [32, 'pointer'], format_size: [40, 'pointer'] } },
  ExecuteOptions: { size: 112, own: 112, fields: { send_callbacks: [16, 'pointer'], recv_callbacks: [24, 'pointer'], num_send_ops: [32, 'pointer'], num_recv_ops: [40, 'pointer'], launch_id: [48, 'int'], non_donatable_input_indices: [56, 'pointer'], num_non_donatable_input_indices: [64, 'pointer'], context: [72, 'pointer'], call_location: [80, 'pointer'], num_tasks: [88, 'pointer'], task_ids: [96, 'pointer'], incarnation_ids: [104, 'pointer'] } },
} as const;
