// A scripted session of the AWS SDK for JavaScript: what it did goes to standard output as one JSON object.
import {
  ConnectClient, CreateContactFlowCommand, CreateQueueCommand, DescribeContactCommand, ListHoursOfOperationsCommand,
  ListQueuesCommand, StartOutboundVoiceContactCommand, StopContactCommand, paginateListContactFlows,
} from "@aws-sdk/client-connect";
import {
  CreateFunctionCommand, InvokeCommand, LambdaClient, PutFunctionConcurrencyCommand,
} from "@aws-sdk/client-lambda";
import {
  CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand,
} from "@aws-sdk/client-dynamodb";
import {
  GetServiceQuotaCommand, ListServiceQuotasCommand, RequestServiceQuotaIncreaseCommand, ServiceQuotasClient,
} from "@aws-sdk/client-service-quotas";

const { ENDPOINT, INSTANCE, INSTANCE_ARN, FLOW, ZIP } = process.env;
const config = { endpoint: ENDPOINT, region: "us-east-1", maxAttempts: 1 };
const told = {};

const connect = new ConnectClient(config);
const placed = { InstanceId: INSTANCE, ContactFlowId: FLOW, DestinationPhoneNumber: "+12065550100",
  SourcePhoneNumber: "+12065550199", Attributes: { order: "17 ä€" }, ClientToken: "once" };
const { ContactId } = await connect.send(new StartOutboundVoiceContactCommand(placed));
told.sameContact = (await connect.send(new StartOutboundVoiceContactCommand(placed))).ContactId === ContactId;
const place = { InstanceId: INSTANCE, ContactId };
const { Contact } = await connect.send(new DescribeContactCommand(place));
told.method = Contact.InitiationMethod;
told.isDate = Contact.InitiationTimestamp instanceof Date;
await connect.send(new StopContactCommand(place));
try {
  await connect.send(new StopContactCommand(place));
} catch (error) {
  told.stoppedTwice = [error.name, error.$metadata.httpStatusCode];
}
try {
  await connect.send(new CreateContactFlowCommand({ InstanceId: INSTANCE, Name: "bad", Type: "CONTACT_FLOW",
    Content: JSON.stringify({ Version: "2019-10-30", StartAction: "x", Actions: [] }) }));
} catch (error) {
  told.badFlow = [error.name, (error.problems ?? []).length > 0];
}
told.flows = 0;
for await (const page of paginateListContactFlows({ client: connect, pageSize: 2 }, { InstanceId: INSTANCE })) {
  told.flows += page.ContactFlowSummaryList.length;
}
const { HoursOfOperationSummaryList } = await connect.send(new ListHoursOfOperationsCommand({ InstanceId: INSTANCE }));
const queue = await connect.send(new CreateQueueCommand({ InstanceId: INSTANCE, Name: "From Node",
  HoursOfOperationId: HoursOfOperationSummaryList[0].Id }));
const { QueueSummaryList } = await connect.send(new ListQueuesCommand({ InstanceId: INSTANCE }));
told.queueListed = QueueSummaryList.some((one) => one.Id === queue.QueueId && one.Name === "From Node");
const starts = await Promise.allSettled(Array.from({ length: 20 }, () =>
  connect.send(new StartOutboundVoiceContactCommand({ ...placed, ClientToken: undefined }))));
const refused = starts.filter((one) => one.status === "rejected").map((one) => one.reason);
told.throttled = [refused.length > 0, ...new Set(refused.map((e) => `${e.name} ${e.$metadata.httpStatusCode}`))];

const lambda = new LambdaClient(config);
await lambda.send(new CreateFunctionCommand({ FunctionName: "from-node", Runtime: "python3.12",
  Role: "arn:aws:iam::123456789012:role/r", Handler: "app.handler", Code: { ZipFile: Buffer.from(ZIP, "base64") } }));
const answer = await lambda.send(new InvokeCommand({ FunctionName: "from-node", LogType: "Tail",
  Payload: JSON.stringify({ n: 20 }) }));
told.invoked = JSON.parse(Buffer.from(answer.Payload).toString());
told.logged = Buffer.from(answer.LogResult, "base64").toString().includes("REPORT RequestId");
await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: "from-node", ReservedConcurrentExecutions: 0 }));
try {
  await lambda.send(new InvokeCommand({ FunctionName: "from-node" }));
} catch (error) {
  told.functionThrottled = [error.name, error.Reason];
}

const dynamodb = new DynamoDBClient(config);
await dynamodb.send(new CreateTableCommand({ TableName: "t", BillingMode: "PAY_PER_REQUEST",
  KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }] }));
const item = { pk: { S: "1" }, b: { B: new Uint8Array([0, 255]) }, n: { N: "1.5" } };
await dynamodb.send(new PutItemCommand({ TableName: "t", Item: item }));
const got = (await dynamodb.send(new GetItemCommand({ TableName: "t", Key: { pk: { S: "1" } } }))).Item;
told.item = [got.n.N, Array.from(got.b.B)];
told.count = (await dynamodb.send(new QueryCommand({ TableName: "t", KeyConditionExpression: "pk = :p",
  ExpressionAttributeValues: { ":p": { S: "1" } } }))).Count;

const quotas = new ServiceQuotasClient(config);
const calls = { ServiceCode: "connect", QuotaCode: "L-12AB7C57", ContextId: INSTANCE_ARN };
told.quota = (await quotas.send(new GetServiceQuotaCommand(calls))).Quota.Value;
told.increase = (await quotas.send(new RequestServiceQuotaIncreaseCommand({ ...calls, DesiredValue: 20 })))
  .RequestedQuota.Status;
told.quotas = (await quotas.send(new ListServiceQuotasCommand({ ServiceCode: "lambda" }))).Quotas.length > 0;

for (const [name, secret] of [["wrongSecret", "wrong"], ["wrongKey", process.env.AWS_SECRET_ACCESS_KEY]]) {
  const credentials = { accessKeyId: name === "wrongKey" ? "AKIDNOBODY" : process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: secret };
  try {
    await new ConnectClient({ ...config, credentials }).send(new ListQueuesCommand({ InstanceId: INSTANCE }));
  } catch (error) {
    told[name] = [error.name, error.$metadata.httpStatusCode];
  }
}
console.log(JSON.stringify(told));
